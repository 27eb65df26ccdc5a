// Many reads of one file or map in one process: what the interop suites drive, where a process for each array would take
// most of their time. It reads through the same functions as the command line.
//
//   read_many PATH [ALLOWED_FOLDER ...]
//
// Each line of stdin is "npy ARRAY SLICE FILE", "json ARRAY SLICE" or "chunks ARRAY"; ARRAY, SLICE and FILE
// are in hexadecimal, "-" where they are empty. Each answer is a line "ok BYTES" or "error BYTES", then so many bytes of JSON.

#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "model/value_json.h"
#include "ops/open.h"
#include "read/chunk_listing.h"
#include "read/json_output.h"
#include "read/write_slice.h"

namespace rutter {
namespace {

std::string FromHex(const std::string& text) {
  std::string out;
  if (text == "-") return out;
  for (std::size_t k = 0; k + 1 < text.size(); k += 2) out += static_cast<char>(std::stoi(text.substr(k, 2), nullptr, 16));
  return out;
}

Status WriteNpy(const Reader& reader, const Array& array, const Slice& slice, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Fail(ErrorCode::kIo, "cannot write " + path);
  Status status = WriteSlice(reader, array, slice, {{}, true, {}}, [&](std::string_view bytes) -> Status {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size()) return {};
    return Fail(ErrorCode::kIo, "cannot write " + path);
  });
  std::fclose(file);
  return status;
}

Status Answer(const Dataset& dataset, const std::string& line, std::string& out) {
  std::istringstream words(line);
  std::string what, path, text, file;
  words >> what >> path >> text >> file;
  const Node* node = dataset.map.Find(FromHex(path));
  if (node == nullptr) return Fail(ErrorCode::kNotFound, "there is no such array");
  if (node->failure) return Fail(*node->failure);
  if (node->array == nullptr) return Fail(ErrorCode::kInvalidArgument, "this is no array");
  const Array& array = *node->array;
  if (array.failure) return Fail(*array.failure);
  auto append = [&](std::string_view piece) -> Status {
    out += piece;
    return {};
  };
  if (what == "chunks") return ListChunks(array, true, append);
  RUTTER_ASSIGN(Slice slice, ParseSlice(FromHex(text), array.is_null ? Shape{0} : array.shape));
  out = "{}";
  if (what == "npy") return WriteNpy(*dataset.reader, array, slice, FromHex(file));
  out.clear();
  return WriteJson(*dataset.reader, array, node->Path(), slice, {}, append);
}

std::string ErrorJson(const Error& error) {
  std::string out = std::string("{\"code\":\"") + ErrorCodeName(error.code) + "\",\"exit\":" + std::to_string(ExitCode(error.code)) + ",\"message\":";
  AppendJson(Value(error.message), out);
  return out + "}";
}

int Serve(const std::string& path, const std::vector<std::string>& allow) {
  OpenAnyOptions options;
  options.allow = allow;
  auto dataset = OpenAny(path, options);
  for (std::string line; std::getline(std::cin, line);) {
    std::string out;
    Status status = dataset ? Answer(*dataset, line, out) : Status(Fail(dataset.error()));
    if (!status) out = ErrorJson(status.error());
    std::cout << (status ? "ok " : "error ") << out.size() << "\n" << out << std::flush;
  }
  return 0;
}

}  // namespace
}  // namespace rutter

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  return rutter::Serve(argv[1], {argv + 2, argv + argc});
}
