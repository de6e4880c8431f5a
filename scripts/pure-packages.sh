#!/usr/bin/env bash
# Lists the packages that build without cgo: all but the two native ones and what imports them.
set -euo pipefail
cd "$(dirname "$0")/.."
CGO_ENABLED=0 GOFLAGS= go list -e -f '{{if and (not .DepsErrors) (not .Error) (or .GoFiles .TestGoFiles .XTestGoFiles)}}{{.ImportPath}}{{end}}' ./...
