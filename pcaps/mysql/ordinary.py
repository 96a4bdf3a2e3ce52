"""The client `mysql`: DDL, DML, transactions, SHOW, comments, SQL's own PREPARE."""

from pcaps.lab import Lab
from pcaps.mysql_server import MYSQL, mysql, start

STATEMENTS = """
CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), score DOUBLE);
INSERT INTO users (name, score) VALUES ('ann', 1.5), ('bob', NULL), ('', 3);
SELECT * FROM users;
SELECT name FROM users WHERE id = 99;
UPDATE users SET score = score + 1 WHERE name = 'ann';
BEGIN;
DELETE FROM users WHERE id = 2;
ROLLBACK;
/* who asks: report */ SELECT COUNT(*)
    FROM users;
/*!40101 SET @a = 1 */;
-- a remark
# another
(SELECT 1) UNION (SELECT 2);
SHOW TABLES;
DESCRIBE users;
EXPLAIN SELECT * FROM users;
PREPARE s FROM 'SELECT name FROM users WHERE id = ?';
SET @id = 1;
EXECUTE s USING @id;
DEALLOCATE PREPARE s;
WITH one AS (SELECT 1 AS n) SELECT n FROM one;
SELECT REPEAT('row', 300) FROM users;
USE mysql;
SELECT DATABASE();
DROP TABLE shop.users;
"""


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        mysql(STATEMENTS, "--comments")
