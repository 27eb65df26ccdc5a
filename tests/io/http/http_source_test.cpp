#include "io/http/http_source.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "io/http/range_server.h"
#include "io/source_opener.h"

using namespace rutter;

namespace {

std::vector<std::byte> SomeBytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t k = 0; k < size; ++k) bytes[k] = static_cast<std::byte>(k * 2654435761u >> 11);
  return bytes;
}

bool IsRight(const std::vector<std::byte>& all, std::uint64_t offset, std::span<const std::byte> part) { return std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(offset)); }

}  // namespace

TEST_CASE("a remote source: opening, single ranges, merged ones, parts of a long one") {
  const auto bytes = SomeBytes(10'000'000);
  RangeServer server(bytes);
  auto source = MakeSourceOpener({server.Url()})->Open(server.Url(), "");
  REQUIRE(source);
  CHECK(server.requests == 1);
  CHECK((*source)->size() == bytes.size());
  CHECK((*source)->fingerprint().etag == "\"v1\"");
  CHECK((*source)->Holds(0, 65'536));
  CHECK_FALSE((*source)->Holds(65'536, 1));

  std::vector<std::byte> out(1'000);
  REQUIRE((*source)->ReadAt(100, out));  // opening brought it
  CHECK(server.requests == 1);
  CHECK(IsRight(bytes, 100, out));
  REQUIRE((*source)->ReadAt(5'000'000, out));
  CHECK(server.requests == 2);
  CHECK(IsRight(bytes, 5'000'000, out));

  std::vector<std::vector<std::byte>> buffers(100, std::vector<std::byte>(500));
  std::vector<ReadRequest> requests;
  for (std::size_t k = 0; k < buffers.size(); ++k) requests.push_back({6'000'000 + (99 - k) * 700, buffers[k]});
  REQUIRE((*source)->ReadMany(requests));
  CHECK(server.requests == 3);
  for (const ReadRequest& request : requests) CHECK(IsRight(bytes, request.offset, request.out));

  std::vector<std::byte> all(bytes.size());
  REQUIRE((*source)->ReadAt(0, all));
  CHECK(all == bytes);
  CHECK(server.requests == 6);  // 10 MB in parts of 4 MiB

  REQUIRE((*source)->CheckUnchanged());
  auto behind = (*source)->ReadAt(bytes.size() - 10, out);
  REQUIRE(!behind);
  CHECK(behind.error().code == ErrorCode::kTruncated);
  CHECK(server.requests == 7);
}

TEST_CASE("a source that a map describes is asked for nothing before the first read, and must be that one") {
  const auto bytes = SomeBytes(100'000);
  RangeServer server(bytes);
  auto opener = MakeSourceOpener({server.Url()});
  std::vector<std::byte> out(10);
  auto source = opener->OpenMapped(server.Url(), "", {bytes.size(), std::nullopt, "\"v1\"", ""});
  REQUIRE(source);
  CHECK(server.requests == 0);
  REQUIRE((*source)->ReadAt(99'000, out));
  CHECK(IsRight(bytes, 99'000, out));
  CHECK(server.requests == 1);
  for (const Fingerprint& other : {Fingerprint{bytes.size() + 1, std::nullopt, "\"v1\"", ""}, Fingerprint{bytes.size(), std::nullopt, "\"v0\"", ""}}) {
    auto changed = (*opener->OpenMapped(server.Url(), "", other))->ReadAt(10, out);
    REQUIRE(!changed);
    CHECK(changed.error().code == ErrorCode::kSourceChanged);
  }
}

TEST_CASE("many threads read one remote source, metadata and data") {
  const auto bytes = SomeBytes(4'000'000);
  RangeServer server(bytes);
  auto source = *MakeSourceOpener({server.Url()})->Open(server.Url(), "");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::vector<std::byte> out(3'000);
      for (std::uint64_t k = 0; k < 50; ++k) {
        std::uint64_t offset = (k * 104'729 + thread * 1'299'709) % (bytes.size() - out.size());
        const ReadRequest ahead{offset + 20'000 < bytes.size() ? offset + 20'000 : 0, {}, 3'000};
        if (k % 3 == 0) source->Prefetch({&ahead, 1});
        Status status = k % 2 == 0 ? source->ReadMetadata(offset, out) : source->ReadAt(offset, out);
        if (!status || !IsRight(bytes, offset, out)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a client that goes away ends what is under way, in whatever thread") {
  RangeServer server(SomeBytes(100'000));
  server.silent = true;
  auto policy = std::make_shared<AccessPolicy>(std::vector<std::string>{server.Url()});
  auto endpoint = std::make_shared<http::Endpoint>(*policy->Decide(server.Url(), ""), policy);
  std::vector<std::vector<std::byte>> buffers(300, std::vector<std::byte>(10));
  std::atomic<int> cancelled{0}, others{0};
  {
    http::Client client;
    std::vector<http::Fetch> fetches;
    for (auto& buffer : buffers) {
      http::Fetch fetch;
      fetch.endpoint = endpoint;
      fetch.out = buffer;
      fetch.done = [&](http::Fetched fetched) { ++(!fetched.status && fetched.status.error().code == ErrorCode::kCancelled ? cancelled : others); };
      fetches.push_back(std::move(fetch));
    }
    client.Start(std::move(fetches));
    while (server.requests < 10) std::this_thread::yield();
  }
  CHECK(cancelled == 300);
  CHECK(others == 0);
}

TEST_CASE("a private address is not reached where nobody named it, nor a connection used that another fetch made") {
  RangeServer server(SomeBytes(1'000));
  auto policy = std::make_shared<AccessPolicy>(std::vector<std::string>{server.Url()});
  auto named = *policy->Decide(server.Url(), "");
  auto client = std::make_shared<http::Client>();
  REQUIRE(http::OpenHttp(client, std::make_shared<http::Endpoint>(named, policy)));
  const int before = server.requests;
  named.may_be_private = false;
  auto refused = http::OpenHttp(client, std::make_shared<http::Endpoint>(named, policy));
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kPolicy);
  CHECK(refused.error().hint.find("--allow http://127.0.0.1:") != std::string::npos);
  CHECK(server.requests == before);
}
