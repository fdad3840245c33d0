-- Views for Datasette, Excel and other readers of SQL, to make in a COPY of the database (docs/database.md).
-- They use window functions and nothing of one database alone: SQLite 3.25 or newer, PostgreSQL.

-- The newest try of each host, and when it was last read whole.
CREATE VIEW v_host AS
SELECT hostname, status, reason, platform, tried_at, snapshot_id,
       last_read, snapshots
FROM (
  SELECT r.*,
         ROW_NUMBER() OVER (PARTITION BY hostname ORDER BY tried_at DESC, snapshot_id DESC) AS place,
         MAX(CASE WHEN "rank" = 2 THEN tried_at END) OVER (PARTITION BY hostname) AS last_read,
         COUNT(*) OVER (PARTITION BY hostname) AS snapshots
  FROM host_result r
) AS newest
WHERE place = 1;

-- How the hosts of each sweep and ingest ended.
CREATE VIEW v_outcome AS
SELECT s.id AS snapshot, s.kind, s.state, s.started_at, s.ended_at, r.status AS outcome, COUNT(*) AS hosts
FROM snapshot s JOIN host_result r ON r.snapshot_id = s.id
GROUP BY s.id, s.kind, s.state, s.started_at, s.ended_at, r.status;

-- What was imported, and how many rows of each kind.
CREATE VIEW v_import AS
SELECT i.id, i.source, i.file, i.sha256, i.imported_at, i.removed_at,
       (SELECT COUNT(*) FROM entitlement e WHERE e.import_id = i.id) AS entitlements,
       (SELECT COUNT(*) FROM product_instance p WHERE p.import_id = i.id) AS product_instances
FROM entitlement_import i;

-- The newest step of each usage report in the courier's ledger.
CREATE VIEW v_report AS
SELECT pid, sn, report_id, step, at
FROM (
  SELECT c.*, ROW_NUMBER() OVER (PARTITION BY sn, report_id ORDER BY id DESC) AS place FROM courier_entry c
) AS newest
WHERE place = 1;
