#!/bin/sh
# Builds the artefact: `build.sh aws` into .aws-sam/build, or `build.sh local FOLDER` for this machine.
set -eu
cd "$(dirname "$0")/.."
export TARGET="$1" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"
exec .tools/sam/bin/sam build --template template.yaml --build-in-source --parallel --build-dir "${2:-.aws-sam/build}"
