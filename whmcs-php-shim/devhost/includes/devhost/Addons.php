<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Addon modules: activation, settings, upgrade, access by admin role, output. */
final class Addons
{
    public static function load(string $module): bool
    {
        $file = ROOTDIR . "/modules/addons/$module/$module.php";
        if (!preg_match('/^[a-z0-9_]+$/D', $module) || !is_file($file)) {
            return false;
        }
        require_once $file;
        return true;
    }

    /** @return string[] */
    public static function all(): array
    {
        $names = array_map('basename', glob(ROOTDIR . '/modules/addons/*', GLOB_ONLYDIR) ?: []);
        return array_values(array_filter($names, [self::class, 'load']));
    }

    public static function config(string $module): array
    {
        return self::load($module) ? (array) call_user_func("{$module}_config") : [];
    }

    public static function isActive(string $module): bool
    {
        return self::setting($module, 'version') !== null;
    }

    /** @return array{status:string,description:string} */
    public static function activate(string $module): array
    {
        $config = self::config($module);
        if ($config === []) {
            return ['status' => 'error', 'description' => "There is no addon module $module."];
        }
        $result = self::call($module, 'activate');
        if ($result['status'] !== 'error') {
            self::set($module, 'version', (string) $config['version']);
            self::set($module, 'access', (string) self::setting($module, 'access'));
        }
        return $result;
    }

    /** @return array{status:string,description:string} */
    public static function deactivate(string $module): array
    {
        $result = self::load($module) ? self::call($module, 'deactivate') : ['status' => 'success', 'description' => ''];
        if ($result['status'] !== 'error') {
            Capsule::table('tbladdonmodules')->where('module', $module)->delete();
        }
        return $result;
    }

    public static function set(string $module, string $setting, string $value): void
    {
        Capsule::table('tbladdonmodules')->updateOrInsert(['module' => $module, 'setting' => $setting], ['value' => $value]);
    }

    public static function setting(string $module, string $setting): ?string
    {
        return Capsule::table('tbladdonmodules')->where('module', $module)->where('setting', $setting)->value('value');
    }

    /** Save Changes of the settings form: all declared fields and the ticked roles. */
    public static function save(string $module, array $values, array $roles): void
    {
        foreach (array_keys(self::config($module)['fields'] ?? []) as $name) {
            self::set($module, $name, (string) ($values[$name] ?? ''));
        }
        self::set($module, 'access', implode(',', array_map('intval', $roles)));
        Hooks::run('AddonModuleConfigSave');
    }

    /** No role has access until it is ticked, the full administrator included. */
    public static function mayOpen(string $module, object $admin): bool
    {
        return in_array((string) $admin->roleid, explode(',', (string) self::setting($module, 'access')), true);
    }

    /** Runs _upgrade when the files are newer than the recorded version, then _output, whose prints are the page. */
    public static function output(string $module): string
    {
        $config = self::config($module);
        $vars = self::vars($module, $config);
        if (version_compare((string) $config['version'], $vars['version'], '>')) {
            if (function_exists("{$module}_upgrade")) {
                call_user_func("{$module}_upgrade", $vars);
            }
            self::set($module, 'version', (string) $config['version']);
            $vars['version'] = (string) $config['version'];
        }
        ob_start();
        call_user_func("{$module}_output", $vars);
        return (string) ob_get_clean();
    }

    private static function vars(string $module, array $config): array
    {
        $stored = Capsule::table('tbladdonmodules')->where('module', $module)->pluck('value', 'setting')->all();
        $defaults = array_map(static function (): string {
            return '';
        }, $config['fields'] ?? []);
        return ['modulelink' => "addonmodules.php?module=$module", '_lang' => []] + $stored + $defaults + ['version' => ''];
    }

    private static function call(string $module, string $function): array
    {
        $result = function_exists("{$module}_$function") ? call_user_func("{$module}_$function") : [];
        return (array) $result + ['status' => 'success', 'description' => ''];
    }
}
