<?php

declare(strict_types=1);

namespace Devhost;

use PDO;
use PDOStatement;

/** The part of Laravel's query builder that modules of WHMCS use. */
final class Query
{
    private $pdo;
    private $table;
    private $conditions = [];
    private $values = [];
    private $order = '';
    private $limit = '';

    public function __construct(PDO $pdo, string $table)
    {
        $this->pdo = $pdo;
        $this->table = self::quote($table);
    }

    public function where($column, $operator = null, $value = null): self
    {
        if (func_num_args() === 2) {
            [$operator, $value] = ['=', $operator];
        }
        $this->conditions[] = self::quote($column) . " $operator ?";
        $this->values[] = $value;
        return $this;
    }

    public function whereIn(string $column, array $values): self
    {
        $marks = implode(',', array_fill(0, count($values), '?'));
        $this->conditions[] = $values ? self::quote($column) . " IN ($marks)" : '1 = 0';
        array_push($this->values, ...array_values($values));
        return $this;
    }

    public function orderBy(string $column, string $direction = 'asc'): self
    {
        $this->order .= ($this->order === '' ? ' ORDER BY ' : ', ') . self::quote($column)
            . (strtolower($direction) === 'desc' ? ' DESC' : ' ASC');
        return $this;
    }

    public function limit(int $count): self
    {
        $this->limit = " LIMIT $count";
        return $this;
    }

    public function get($columns = ['*']): Collection
    {
        $list = implode(', ', array_map([self::class, 'quote'], (array) $columns));
        return new Collection($this->run("SELECT $list FROM {$this->table}" . $this->tail())->fetchAll());
    }

    public function first($columns = ['*']): ?object
    {
        return $this->limit(1)->get($columns)->first();
    }

    public function value(string $column)
    {
        $row = $this->first([$column]);
        return $row->$column ?? null;
    }

    public function pluck(string $column, ?string $key = null): Collection
    {
        $values = [];
        foreach ($this->get($key === null ? [$column] : [$column, $key]) as $n => $row) {
            $values[$key === null ? $n : $row->$key] = $row->$column;
        }
        return new Collection($values);
    }

    public function count(): int
    {
        return (int) $this->run("SELECT COUNT(*) FROM {$this->table}" . $this->tail())->fetchColumn();
    }

    public function exists(): bool
    {
        return $this->first() !== null;
    }

    public function insert(array $row): bool
    {
        $columns = implode(', ', array_map([self::class, 'quote'], array_keys($row)));
        $marks = implode(', ', array_fill(0, count($row), '?'));
        $this->pdo->prepare("INSERT INTO {$this->table} ($columns) VALUES ($marks)")->execute(array_values($row));
        return true;
    }

    public function insertGetId(array $row): int
    {
        $this->insert($row);
        return (int) $this->pdo->lastInsertId();
    }

    public function update(array $row): int
    {
        $sets = implode(', ', array_map(static function (string $column): string {
            return self::quote($column) . ' = ?';
        }, array_keys($row)));
        $statement = $this->pdo->prepare("UPDATE {$this->table} SET $sets" . $this->tail());
        $statement->execute(array_merge(array_values($row), $this->values));
        return $statement->rowCount();
    }

    public function updateOrInsert(array $match, array $row = []): bool
    {
        foreach ($match as $column => $value) {
            $this->where($column, $value);
        }
        if (!$this->exists()) {
            return $this->insert($match + $row);
        }
        $this->limit = '';
        return $row === [] || $this->update($row) >= 0;
    }

    public function delete(): int
    {
        return $this->run("DELETE FROM {$this->table}" . $this->tail())->rowCount();
    }

    private function tail(): string
    {
        $where = $this->conditions ? ' WHERE ' . implode(' AND ', $this->conditions) : '';
        return $where . $this->order . $this->limit;
    }

    private function run(string $sql): PDOStatement
    {
        $statement = $this->pdo->prepare($sql);
        $statement->execute($this->values);
        return $statement;
    }

    private static function quote(string $name): string
    {
        return $name === '*' ? $name : '`' . str_replace(['`', '.'], ['', '`.`'], $name) . '`';
    }
}
