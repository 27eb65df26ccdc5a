// rutter: maps scientific files and reads through maps. Exit codes: docs/errors.md.

#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <new>

#include "rutter/command.h"

namespace {

/// Virtual datasets and external storage may lie in thousands of files, more than a process may have open by default.
void AllowManyOpenFiles() {
  rlimit bound{};
  if (getrlimit(RLIMIT_NOFILE, &bound) != 0) return;
  bound.rlim_cur = bound.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &bound);  // a wish
}

}  // namespace

int main(int argc, char** argv) {
  using namespace rutter;
  AllowManyOpenFiles();
  CLI::App app{"Maps scientific data where it lies, and reads any slice through the map."};
  app.name("rutter");
  app.set_version_flag("--version", "rutter " RUTTER_VERSION);
  app.require_subcommand(1);
  cli::Run run;
  for (cli::AddCommand add : {cli::AddMap, cli::AddLs, cli::AddRead, cli::AddCheck, cli::AddInspect}) add(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);
    app.exit(problem);
    return ExitCode(ErrorCode::kInvalidArgument);
  }
  try {
    Status status = run();
    if (status) return 0;
    cli::PrintError(status.error(), cli::JsonErrors());
    return ExitCode(status.error().code);
  } catch (const std::bad_alloc&) {
    cli::PrintError(MakeError(ErrorCode::kLimit, "out of memory"), cli::JsonErrors());
    return ExitCode(ErrorCode::kLimit);
  } catch (const std::exception& problem) {
    cli::PrintError(MakeError(ErrorCode::kInternal, problem.what()), cli::JsonErrors());
    return ExitCode(ErrorCode::kInternal);
  }
}
