<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** The newest rows of a log table as a page for staff. */
final class LogPage
{
    private const ROWS = 200;

    /** @param array<string,string> $columns column => heading; $htmlColumn is shown as the HTML that it holds */
    public static function show(string $title, string $table, array $columns, string $htmlColumn = ''): void
    {
        $rows = [];
        foreach (Capsule::table($table)->orderBy('id', 'desc')->limit(self::ROWS)->get() as $entry) {
            $rows[] = array_map(static function (string $column) use ($entry, $htmlColumn): string {
                return $column === $htmlColumn ? (string) $entry->$column : '<pre>' . Html::e($entry->$column) . '</pre>';
            }, array_keys($columns));
        }
        Page::admin($title, Html::table(array_values($columns), $rows));
    }
}
