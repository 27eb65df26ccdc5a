#pragma once
// A file on a web server as a ByteSource.

#include <memory>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/http/client.h"
#include "io/http/endpoint.h"

namespace rutter::http {

/// Asks for the first bytes, which tells size and validators. Every later request is bound to that version
/// (If-Match or If-Unmodified-Since, and a comparison of what comes back). Servers that cannot send ranges are read whole,
/// up to ClientOptions::whole_bytes. Errors: as Client::Start, kUnsupported (a server that does not tell the size).
Result<std::shared_ptr<ByteSource>> OpenHttp(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint);

/// The same for a source that is known already: nothing is asked for before the first read.
std::shared_ptr<ByteSource> OpenHttpMapped(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint, const Fingerprint& mapped);

}  // namespace rutter::http
