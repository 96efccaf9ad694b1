<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

final class Hooks
{
    /** @var array<string,array<int,callable[]>> */
    private static $hooks = [];

    public static function add(string $point, int $priority, callable $function): void
    {
        self::$hooks[$point][$priority][] = $function;
        ksort(self::$hooks[$point]);
    }

    /** @return array what the hooks returned, in order; nothing is caught: a hook that throws breaks the page */
    public static function run(string $point, $vars = []): array
    {
        $results = [];
        foreach (self::$hooks[$point] ?? [] as $functions) {
            foreach ($functions as $function) {
                $results[] = $function($vars);
            }
        }
        return $results;
    }

    /** Server modules are listed in the setting ModuleHooks (see product editor), addons count while they are active. */
    public static function loadModules(): void
    {
        foreach (array_filter(explode(',', (string) ($GLOBALS['CONFIG']['ModuleHooks'] ?? ''))) as $module) {
            self::load(ROOTDIR . "/modules/servers/$module/hooks.php");
        }
        try {
            $addons = Capsule::table('tbladdonmodules')->where('setting', 'version')->pluck('module')->all();
        } catch (\PDOException $error) {
            return;
        }
        foreach (array_unique($addons) as $addon) {
            self::load(ROOTDIR . "/modules/addons/$addon/hooks.php");
        }
    }

    private static function load(string $file): void
    {
        if (is_file($file)) {
            require_once $file;
        }
    }
}
