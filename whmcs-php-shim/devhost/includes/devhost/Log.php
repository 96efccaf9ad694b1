<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

final class Log
{
    public static function activity(string $message, int $clientId = 0): void
    {
        $admin = defined('ADMINAREA') ? Session::admin() : null;
        Capsule::table('tblactivitylog')->insert([
            'date' => date('Y-m-d H:i:s'),
            'description' => $message,
            'user' => $admin ? $admin->username : (defined('CLIENTAREA') ? 'Client' : 'System'),
            'userid' => $clientId,
            'ipaddr' => $_SERVER['REMOTE_ADDR'] ?? '',
        ]);
        Hooks::run('LogActivity', ['description' => $message, 'user' => '', 'userid' => $clientId, 'ipaddress' => '']);
    }

    /** Written only while the setting ModuleDebugMode is on; $masks are literal values. */
    public static function module(string $module, string $action, $request, $response, $processed, array $masks): void
    {
        if (($GLOBALS['CONFIG']['ModuleDebugMode'] ?? '') !== 'on') {
            return;
        }
        $text = static function ($data) use ($masks): string {
            return str_replace($masks, '*****', is_scalar($data) ? (string) $data : print_r($data, true));
        };
        Capsule::table('tblmodulelog')->insert([
            'date' => date('Y-m-d H:i:s'),
            'module' => $module,
            'action' => $action,
            'request' => $text($request),
            'response' => $text($response),
            'arrdata' => $text($processed),
        ]);
    }
}
