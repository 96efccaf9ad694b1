<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** The newest rows of a log table as a page for staff. */
final class LogPage
{
    private const ROWS = 200;

    /** @param array<string,string> $columns column => heading */
    public static function show(string $title, string $table, array $columns, string $before = ''): void
    {
        $rows = [];
        foreach (Capsule::table($table)->orderBy('id', 'desc')->limit(self::ROWS)->get() as $entry) {
            $rows[] = array_map(static function (string $column) use ($entry): string {
                return '<pre>' . Html::e($entry->$column) . '</pre>';
            }, array_keys($columns));
        }
        Page::admin($title, $before . Html::table(array_values($columns), $rows));
    }
}
