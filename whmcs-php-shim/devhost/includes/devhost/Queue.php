<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** The module queue: automated calls that failed and wait for another try. */
final class Queue
{
    public static function add(int $serviceId, string $module, string $action, string $error): void
    {
        $open = Capsule::table('tblmodulequeue')->where('service_id', $serviceId)->where('module_action', $action)
            ->where('completed', 0)->first();
        $now = date('Y-m-d H:i:s');
        if ($open === null) {
            Capsule::table('tblmodulequeue')->insert([
                'service_type' => 'service', 'service_id' => $serviceId, 'module_name' => $module, 'module_action' => $action,
                'last_attempt' => $now, 'last_attempt_error' => $error, 'num_retries' => 0, 'completed' => 0,
                'created_at' => $now, 'updated_at' => $now,
            ]);
            return;
        }
        Capsule::table('tblmodulequeue')->where('id', $open->id)->update([
            'last_attempt' => $now, 'last_attempt_error' => $error, 'num_retries' => $open->num_retries + 1, 'updated_at' => $now,
        ]);
    }

    public static function open(): Collection
    {
        return Capsule::table('tblmodulequeue')->where('completed', 0)->orderBy('id')->get();
    }

    public static function retry(object $entry): string
    {
        $result = Server::command((int) $entry->service_id, $entry->module_action, true);
        if ($result === 'success') {
            Capsule::table('tblmodulequeue')->where('id', $entry->id)->update(['completed' => 1]);
        }
        return $result;
    }
}
