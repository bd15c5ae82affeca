# Andon in one image: the service, the collector and the simulators are three commands of it.
FROM python:3.11-slim

# Set to an index with CPU builds of torch to keep CUDA out of the image.
ARG PIP_EXTRA_INDEX_URL=""

# For scanned pages; more languages: --build-arg OCR="tesseract-ocr tesseract-ocr-fra", none: OCR="".
ARG OCR="tesseract-ocr tesseract-ocr-deu"
RUN [ -z "$OCR" ] || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $OCR \
    && rm -rf /var/lib/apt/lists/*; }

WORKDIR /app
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --constraint constraints.txt torch
COPY ingest ingest
COPY prompting prompting
COPY finetune finetune
COPY rag rag
COPY service service
COPY simulators simulators
RUN pip install --no-cache-dir --constraint constraints.txt --editable '.[offline,postgres]'

# The demo plant with the hosts of docker-compose.yml in place of loopback.
COPY plant.toml ./
RUN sed -i -e 's#mqtt://127.0.0.1#mqtt://broker#' -e 's#tcp://127.0.0.1#tcp://simulators#' plant.toml

RUN useradd --create-home andon && mkdir /data && chown andon /data
USER andon
ENV ANDON_HOME=/data ANDON_PLANT=/app/plant.toml
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["andon"]
CMD ["serve"]
