#pragma once
// A file on a web server as a ByteSource.

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/http/client.h"
#include "io/http/endpoint.h"

namespace rutter::http {

/// Asks for the first bytes, which tells size and validators. Every later request is bound to that version
/// (If-Match or If-Unmodified-Since, and a comparison of what comes back). Servers that cannot send ranges are read whole,
/// up to ClientOptions::whole_bytes. Errors: as Client::Start, kUnsupported (a server that does not tell the size).
Result<std::shared_ptr<ByteSource>> OpenHttp(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint);

/// Opens several files at once: all servers are asked together, for a few first bytes. Results in the order of the endpoints.
std::vector<Result<std::shared_ptr<ByteSource>>> OpenHttpMany(const std::shared_ptr<Client>& client, std::span<const std::shared_ptr<Endpoint>> endpoints);

/// The same for a source that is known already: nothing is asked for before the first read.
std::shared_ptr<ByteSource> OpenHttpMapped(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint, const Fingerprint& mapped);

}  // namespace rutter::http
