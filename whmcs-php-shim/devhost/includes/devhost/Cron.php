<?php

declare(strict_types=1);

namespace Devhost;

/** One run of WHMCS's cron: usage once a day, retries of the module queue, then the hook of every run. */
final class Cron
{
    /** @return string[] what was done, one line each */
    public static function run(bool $daily): array
    {
        $lines = [];
        foreach ($daily ? ['PreCronJob', 'DailyCronJob'] : [] as $point) {
            Hooks::run($point);
            $lines[] = "hook $point";
        }
        array_push($lines, ...($daily ? Metrics::collectAll() : []));
        foreach (Queue::open() as $entry) {
            $lines[] = "queue: $entry->module_action service $entry->service_id: " . Queue::retry($entry);
        }
        Hooks::run('AfterCronJob');
        $lines[] = 'hook AfterCronJob';
        return $lines;
    }
}
