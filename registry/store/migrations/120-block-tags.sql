-- Key and GMAC tags of each block of 1 MiB (`artifacts-tags.ts`) instead of SHA-256s; null until a first read, which verifies the whole, has made them.
ALTER TABLE blobs ADD tags bytea, DROP blocks;
