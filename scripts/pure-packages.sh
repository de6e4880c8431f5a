#!/usr/bin/env bash
# Lists the packages that build without cgo: all but the two native ones.
set -euo pipefail
cd "$(dirname "$0")/.."
CGO_ENABLED=0 GOFLAGS= go list ./... | grep -v -e '/frames/opencv$' -e '/model/ort$'
