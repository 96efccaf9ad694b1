<?php

declare(strict_types=1);

namespace Kvmbridge\Tests\Memory;

use Devhost\Collection;

/** Equality conditions, order and the few verbs that the code under test uses. */
final class Query
{
    private $rows;
    private $conditions = [];
    private $order = '';

    public function __construct(array &$rows)
    {
        $this->rows = &$rows;
    }

    public function where(string $column, $value): self
    {
        return $this->whereIn($column, [$value]);
    }

    public function whereIn(string $column, array $values): self
    {
        $this->conditions[] = [$column, array_map('strval', $values)];
        return $this;
    }

    public function orderBy(string $column): self
    {
        $this->order = $column;
        return $this;
    }

    public function get($columns = ['*']): Collection
    {
        $rows = array_values(array_intersect_key($this->rows, array_flip($this->matching())));
        if ($this->order !== '') {
            usort($rows, function (array $a, array $b): int {
                return $a[$this->order] <=> $b[$this->order];
            });
        }
        return new Collection(array_map(static function (array $row): object {
            return (object) $row;
        }, $rows));
    }

    public function first(): ?object
    {
        return $this->get()->first();
    }

    public function value(string $column)
    {
        return $this->first()->$column ?? null;
    }

    public function pluck(string $column, ?string $key = null): Collection
    {
        return new Collection(array_column($this->get()->all(), $column, $key));
    }

    public function exists(): bool
    {
        return $this->matching() !== [];
    }

    public function insert(array $row): bool
    {
        $this->rows[] = $row + ['id' => count($this->rows) + 1];
        return true;
    }

    public function update(array $row): int
    {
        foreach ($this->matching() as $n) {
            $this->rows[$n] = $row + $this->rows[$n];
        }
        return count($this->matching());
    }

    public function updateOrInsert(array $match, array $row): bool
    {
        foreach ($match as $column => $value) {
            $this->where($column, $value);
        }
        return $this->exists() ? $this->update($row) > 0 : $this->insert($match + $row);
    }

    public function delete(): int
    {
        $gone = array_flip($this->matching());
        $this->rows = array_values(array_diff_key($this->rows, $gone));
        return count($gone);
    }

    /** @return int[] */
    private function matching(): array
    {
        return array_keys(array_filter($this->rows, function (array $row): bool {
            foreach ($this->conditions as [$column, $values]) {
                if (!in_array((string) ($row[$column] ?? ''), $values, true)) {
                    return false;
                }
            }
            return true;
        }));
    }
}
