CREATE TABLE orders (id int PRIMARY KEY, customer text, cents int);
INSERT INTO orders SELECT n, 'customer ' || n % 1000, n FROM generate_series(1, 10000) n;
CREATE INDEX ON orders (customer);
ANALYZE;
