<?php

declare(strict_types=1);

namespace Devhost;

use PDO;

final class Schema
{
    private $pdo;

    public function __construct(PDO $pdo)
    {
        $this->pdo = $pdo;
    }

    public function hasTable(string $table): bool
    {
        return $this->has('TABLES', 'TABLE_NAME = ?', [$table]);
    }

    public function hasColumn(string $table, string $column): bool
    {
        return $this->has('COLUMNS', 'TABLE_NAME = ? AND COLUMN_NAME = ?', [$table, $column]);
    }

    private function has(string $view, string $condition, array $values): bool
    {
        $statement = $this->pdo->prepare(
            "SELECT COUNT(*) FROM information_schema.$view WHERE TABLE_SCHEMA = DATABASE() AND $condition"
        );
        $statement->execute($values);
        return (int) $statement->fetchColumn() > 0;
    }
}
