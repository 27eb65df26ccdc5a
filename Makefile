# The whole project in a few words. `make` alone tells them.
#   make demo      install what is missing, build, and walk through one recording
#   make build     build/release/bin/rutter
#   make test      the tests; ends with "N passed, N failed, N skipped"; PART=asan runs one part
#   make hostile   damaged files in the full number: 100,000 mutants, every truncation of 40 files
#   make remote    every file of the corpus through nginx (HTTP/1.1, HTTP/2) and an S3 store: the same maps and bytes as locally
#   make bounded-memory  4 GiB selections under --max-memory 256MiB, from disk and over HTTP (takes 20 GB of RUTTER_BIG_TMP)
#   make fuzz      FUZZ_TARGET=hdf5 FUZZ_RUNS=1000000; without a target, all of them; FUZZ_MAX_LEN=512 for short inputs
#   make bench     beside other tools; see bench/README.md
#   make format    clang-format over the sources
#   make clean     remove build/
.DEFAULT_GOAL := help
.PHONY: help demo build test hostile remote bounded-memory fuzz bench format clean

PART =
FUZZ_TARGET =
FUZZ_RUNS = 100000

help:
	@sed -n 's/^#   //p' Makefile

build:
	@tools/bootstrap.sh build
	@mkdir -p build
	@cmake --preset release > build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build build/release --target rutter

demo: build
	@sh tools/demo.sh

test:
	@tools/bootstrap.sh build test
	@python3 tools/run_tests.py $(PART)

hostile:
	@tools/bootstrap.sh build test
	@sh tools/hostile.sh

remote: build
	@tools/bootstrap.sh test
	@sh tools/make_s3_server.sh
	@python3 tests/remote/same_as_local_test.py build/release/bin/rutter --all --through nginx,h2,s3
bounded-memory: build
	@tools/bootstrap.sh test
	@sh tools/make_venvs.sh python
	@.venvs/main/bin/python tests/cli/bounded_memory_test.py build/release/bin/rutter --bytes 4GiB --memory 256MiB

fuzz:
	@tools/bootstrap.sh build fuzz
	@sh tools/fuzz.sh "$(FUZZ_RUNS)" $(FUZZ_TARGET)

bench:
	@tools/bootstrap.sh build test bench
	@sh bench/run.sh

format:
	@tools/bootstrap.sh format
	@git ls-files 'src/*.h' 'src/*.cpp' 'apps/*.h' 'apps/*.cpp' 'tests/*.h' 'tests/*.cpp' 'fuzz/*.h' 'fuzz/*.cpp' \
	  'bench/*.cpp' | xargs -r clang-format -i

clean:
	rm -rf build
