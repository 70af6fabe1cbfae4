-- Without the hash of the contributed data no statement can be made of an evaluation.
ALTER TABLE evaluation_jobs ADD COLUMN contribution_data_hash text;

-- An id is one proposal's: nobody else can take over what its wallet deploys.
CREATE UNIQUE INDEX model_drafts_proposed ON model_drafts (model_id) WHERE status = 'PROPOSAL';
