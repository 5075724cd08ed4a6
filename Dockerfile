# The project, for the server and for workers.
#   docker build .                             a CPU is enough for the server and for small studies
#   docker build --build-arg DEVICE=cuda .     PyTorch with CUDA; run with --gpus all
#   docker build --build-arg EXTRAS=server,s3,ray-dashboard .     for a Ray cluster too: docs/clusters.md
FROM python:3.11.14-slim-bookworm

ARG DEVICE=cpu
ARG EXTRAS=server,s3

# wget: KubeRay asks Ray by it whether it is well
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git wget \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 ablations \
 && install --directory --owner ablations /work /work/runs /data /cache

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY ablations ablations
COPY gan_core gan_core
COPY studies studies

# The index of CPU builds holds torch and torchvision that fit each other; PyPI's own have CUDA.
RUN case "$DEVICE" in \
      cpu)  index="--extra-index-url https://download.pytorch.org/whl/cpu" ; \
            sed -i -E 's/^(torch|torchvision)==([0-9.]+)$/\1==\2+cpu/; /^(nvidia|triton|cuda)/d' constraints.txt ;; \
      cuda) index="" ;; \
      *)    echo "DEVICE is cpu or cuda, not $DEVICE" >&2 ; exit 2 ;; \
    esac \
 && pip install --no-cache-dir $index --constraint constraints.txt ".[$EXTRAS]"

USER ablations
ENV GAN_ABLATIONS_HOME=/cache \
    MLFLOW_DISABLE_TELEMETRY=true \
    PYTHONUNBUFFERED=1
WORKDIR /work
ENTRYPOINT ["python", "-m"]
CMD ["ablations", "--help"]
