# What the Makefiles of layers and functions share; `sam build` runs those in their own folders.
# TARGET=aws: for Lambda's processor and Python. TARGET=local: for this machine and the local AWS's interpreter.
ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
UV := $(ROOT)/.venv/bin/uv
TARGET ?= aws
PLATFORM ?= aarch64-manylinux_2_28
RUNTIME ?= 3.13

ifeq ($(TARGET),aws)
INTERPRETER := $(shell for each in python$(RUNTIME) ~/.pyenv/versions/$(RUNTIME).*/bin/python3; do \
	"$$each" -c 'import sys; print(sys.executable)' 2>/dev/null && break; done)
FOR := --python-platform $(PLATFORM) --python-version $(RUNTIME) --only-binary :all:
else
INTERPRETER := $(ROOT)/.tools/ministack/bin/python
FOR := --python $(INTERPRETER)
endif

# SAM ships no compiled files, and ones that check a timestamp are stale once zipped. $(1): folder, $(2): where Lambda has it.
# Without the interpreter there are none, and infra/build.sh says so.
compile = $(if $(INTERPRETER),$(INTERPRETER) -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$(1)" -p "$(2)" "$(1)",:)
