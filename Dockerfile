# check=error=true
# autoscrape in one file, on nothing but the Node.js that it is built and tested with and the libraries that it needs:
# no shell, no package manager, no packages. Debian 13 in all stages: they have the same C library.
#
#     docker build -t autoscrape:0.1.0 .
#
# It needs no writable file: run it with `--read-only`. As PID 1 it takes SIGTERM itself, and drains.
# To renew a digest: docker buildx imagetools inspect <image>:<tag>

# Of the machine that builds: the bundle is the same for every platform.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS build
WORKDIR /src
COPY package.json package-lock.json ./
# Nothing of what a package would run at its installation is needed: Node.js is here, esbuild comes as a program.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY tools ./tools
COPY src ./src
RUN npm run build

# Of the platform that the image is for.
FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS node

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="autoscrape" \
      org.opencontainers.image.description="Admission webhook that keeps every component of a Multigres cluster scraped, exactly once" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian13:nonroot"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /src/dist/autoscrape.mjs /app/autoscrape.mjs
# The licences of autoscrape, of what is in its bundle, and of Node.js.
COPY LICENSE /app/LICENSE
COPY --from=build /src/dist/NOTICE /app/NOTICE
COPY --from=node /usr/local/LICENSE /app/LICENSE.node
WORKDIR /app
ENV NODE_ENV=production
# What is malloc'ed and freed while lists are read goes back to where it came from, not into an arena for each thread.
ENV MALLOC_ARENA_MAX=1
# And back to the system, in pieces of 128 KiB: without it glibc's bound grows with what was ever freed at once (mallopt(3)).
ENV MALLOC_TRIM_THRESHOLD_=131072
# nonroot. By number: runAsNonRoot can't look names up.
USER 65532:65532
# The webhook; metrics, health and status.
EXPOSE 9443 8080
STOPSIGNAL SIGTERM
# The young generation, which V8 lets grow to 128 MB while lists are read: docs/performance.md has what each size takes.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=8", "/app/autoscrape.mjs"]
CMD ["serve"]
