#!/bin/sh
# Builds the artefact: `build.sh aws` for Lambda into .aws-sam/build, `build.sh local FOLDER` for this machine.
set -eu
cd "$(dirname "$0")/.."
folder="${2:-.aws-sam/build}"
export TARGET="$1" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"
.tools/sam/bin/sam build --template template.yaml --build-in-source --parallel --build-dir "$folder"
if [ -z "$(find "$folder" -name '*.pyc' -print -quit)" ]; then
    echo "build: nothing was compiled ahead, so cold starts will be slower: install Lambda's Python (the template's parameter Runtime), build again."
fi
