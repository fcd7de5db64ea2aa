# Modeldeck in a container, for a CPU or, with `--gpus all`, an NVIDIA GPU.
#
#   docker build -t modeldeck .
#   docker run -p 7860:7860 -v modeldeck:/cache modeldeck
#
# Build arguments:
#   TORCH_INDEX  index to take torch from: that of PyTorch's CPU wheels makes the image some gigabytes
#                smaller; empty for the usual one, whose wheels carry CUDA and run on a CPU too
#   STARTERS     1 to have the starter models in the image, which then needs no network; 0 for Hub models only
FROM python:3.11-slim-bookworm

ARG TORCH_INDEX=""
ARG STARTERS="1"

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MODELDECK_HOST=0.0.0.0 \
    MODELDECK_CACHE=/cache/modeldeck \
    HF_HOME=/cache/huggingface

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /app

# Packages first: they change less often than the code, and their layer is kept.
COPY requirements.txt requirements-starter.txt requirements-starter-nodeps.txt constraints.txt ./
RUN if [[ -n "$TORCH_INDEX" ]]; then \
      pip install --index-url "$TORCH_INDEX" "$(grep '^torch==' constraints.txt)"; \
    fi \
    && pip install -c constraints.txt -r requirements.txt \
    && if [[ "$STARTERS" = 1 ]]; then \
      pip install -c constraints.txt -r requirements-starter.txt \
      && pip install --no-deps -r requirements-starter-nodeps.txt; \
    fi

COPY app.py ./
COPY assets ./assets
COPY models ./models
COPY tabs ./tabs
RUN if [[ "$STARTERS" = 1 ]]; then python -m models.starter.fetch; fi

# Nobody in the container but this user; the volume keeps downloads and converted starters.
RUN useradd --create-home --uid 1000 deck \
    && mkdir -p /cache \
    && chown deck:deck /cache
USER 1000
VOLUME /cache
EXPOSE 7860

# A first start on a slow disk takes a while to import; models load at their first use.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health', timeout=4)"]

CMD ["python", "app.py"]
