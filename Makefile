SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
VERSION     := $(or $(shell git describe --tags --always --dirty 2>/dev/null),dev)
FUZZTIME    ?= 10s
RACE        := ./sim/experiment ./scenarios/simulate ./cmd/ecsim/cli
BENCH       := ./sim ./models/ecs/placement ./models/ecs ./scenarios/simulate
GENERATOR   := go -C models/catalog/generate
STATICCHECK := go tool -modfile=.tools/go.mod staticcheck

.PHONY: help build run test race fuzz bench golden lint

help: ## list the targets (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

build: ## build bin/ecsim
	@go build -trimpath -buildvcs=false -ldflags '-X ecsim/cmd/ecsim/cli.Version=$(VERSION)' -o bin/ ./cmd/ecsim

run: build ## compare launch types for one load: print the answer, write out/launch-types
	bin/ecsim compare launch-types --force

test: lint ## all that CI holds a change to: lint, and every test
	go test -timeout 10m ./...
	$(GENERATOR) test ./...

race: ## the packages that run simulations side by side, under the race detector
	go test -race -short -timeout 10m $(RACE)

fuzz: ## every fuzz target for FUZZTIME (10s)
	@go test -list '^Fuzz' ./... | awk '/^Fuzz/ { f[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, f[i]; n = 0 }' | \
	while read -r p f; do go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) "$$p" </dev/null; done

bench: ## the benchmarks: ratios to a yardstick in the same run, then costs of parts
	go test -run '^$$' -bench 'Ratios|Place|Churn|OpenB|Month|Million' -benchtime 1x -timeout 60m $(BENCH)
	go test -run '^$$' -bench . ./models/billing ./models/catalog ./workloads/... ./scenarios

golden: ## rewrite the golden files; read the diff before you commit it
	go test -count=1 $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs dirname | sort -u) -update

lint: ## gofmt, go vet, staticcheck, go mod tidy: print what is wrong, change nothing
	@bad=$$(gofmt -l .); [ -z "$$bad" ] || { echo "gofmt -w these:" $$bad; exit 1; }
	go vet ./... && $(GENERATOR) vet ./...
	$(STATICCHECK) ./...
	go mod tidy -diff
