<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** WHMCS's global settings, tblconfiguration. */
final class Config
{
    public static function all(): array
    {
        try {
            $stored = Capsule::table('tblconfiguration')->pluck('value', 'setting')->all();
        } catch (\PDOException $error) {
            $stored = []; // the tables are loaded through this very program
        }
        return $stored + ['Version' => '8.13.0-release.1', 'SystemURL' => '', 'Charset' => 'utf-8', 'CompanyName' => 'Example Hosting'];
    }

    public static function get(string $setting): ?string
    {
        return Capsule::table('tblconfiguration')->where('setting', $setting)->value('value');
    }

    public static function set(string $setting, string $value): void
    {
        Capsule::table('tblconfiguration')->updateOrInsert(['setting' => $setting], ['value' => $value]);
        $GLOBALS['CONFIG'][$setting] = $value;
    }

    /** The base URL without a slash at its end. */
    public static function systemUrl(): string
    {
        return rtrim((string) ($GLOBALS['CONFIG']['SystemURL'] ?? ''), '/');
    }
}
