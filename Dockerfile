# One image for every role: ROLE=all (default), shard, worker or trainer (docs/operating.md).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run -s build
# What only the build and the tests need stays behind.
RUN npm pkg delete dependencies.assemblyscript dependencies.typescript && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production METRICS_PORT=9464
WORKDIR /app
COPY package.json LICENSE PRIVACY.md TERMS.md ./
COPY models models
COPY calendar calendar
COPY open-data open-data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The database of ROLE=all and its models; a volume, because it holds the record.
RUN mkdir data && chown node:node data && chmod 700 data
VOLUME /app/data
USER node
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and gets SIGTERM itself; it ends within 5 seconds, a shard that is handed over within 10.
CMD ["node", "dist/main.js"]
