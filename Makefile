# Short front for Meson: the commands that people type. The build itself is described in meson.build.
BUILD ?= build

.PHONY: all pgo setup run test benches bench soak fuzz diff mutate other-architectures lint docs web web-check web-pictures deb install clean
all: $(BUILD)/build.ninja
	@meson compile -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_FLAGS)

pgo:
	@tools/setup build
	@tools/pgo build-pgo

setup:
	@tools/setup build

run: setup all
	@mkdir -p data
	$(BUILD)/burble chat --listen 127.0.0.1:6667 --listen-web 127.0.0.1:8080 --data data

test:
	@tools/setup test
	@tools/run-tests

benches: all
	@meson compile -C $(BUILD) stackbench millionbench devbench

bench:
	@tools/setup bench
	@bench/stack/run
	@bench/lab
	@bench/devices/run
	@bench/run

soak: benches
	@tools/setup bench
	@bench/devices/soak
	@bench/soak

fuzz:
	@tools/setup test
	@tools/run-fuzz $(SECONDS_EACH)

diff:
	@tools/setup test
	@tools/diff $(SECONDS_EACH)

mutate:
	@tools/setup test
	@tools/mutate --seconds $(or $(SECONDS),3600) --seed $(or $(SEED),1)

other-architectures:
	@tools/setup other
	@tools/build-other i386 s390x

lint:
	@tools/setup test
	@tools/lint

docs: all
	@tools/ladders

web:
	@tools/setup web
	@cd web && npm ci --prefer-offline --ignore-scripts --silent && node build.mjs

web-check:
	@/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/test_web_build.py

web-pictures: all
	@tools/setup test
	@BURBLE=$(BUILD)/burble BURBLE_PICTURES=renew /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/test_web_pictures.py

deb:
	@tools/setup deb
	@dpkg-buildpackage -us -uc
	@lintian --fail-on error,warning ../burble_*.changes

install: all
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-*
