-- What the indexer has read, and of which chain.
CREATE TABLE chain (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  chain_id bigint NOT NULL,
  registry text NOT NULL,
  first_block bigint NOT NULL,
  block bigint NOT NULL,
  block_hash text NOT NULL,
  block_time bigint NOT NULL
);
