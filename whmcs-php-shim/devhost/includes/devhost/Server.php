<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/**
 * Calls a server module as WHMCS does: hooks around the call, the status afterwards, the welcome mail, and the module
 * queue when an automated call fails.
 */
final class Server
{
    /** Function suffix => [word in hook names, status after success]. */
    private const COMMANDS = [
        'CreateAccount' => ['Create', 'Active'],
        'SuspendAccount' => ['Suspend', 'Suspended'],
        'UnsuspendAccount' => ['Unsuspend', 'Active'],
        'TerminateAccount' => ['Terminate', 'Terminated'],
        'ChangePackage' => ['ChangePackage', ''],
        'ChangePassword' => ['ChangePassword', ''],
        'Renew' => ['Renew', ''],
    ];

    public static function isCommand(string $function): bool
    {
        return isset(self::COMMANDS[$function]);
    }

    public static function load(string $module): bool
    {
        $file = ROOTDIR . "/modules/servers/$module/$module.php";
        if (!preg_match('/^\w+$/D', $module) || !is_file($file)) {
            return false;
        }
        require_once $file;
        return true;
    }

    public static function has(string $module, string $function): bool
    {
        return function_exists("{$module}_$function") || self::load($module) && function_exists("{$module}_$function");
    }

    /** @return array<string,string> label => function suffix, what the service page offers besides the core commands */
    public static function buttons(int $serviceId): array
    {
        $module = self::moduleOf($serviceId);
        return self::has($module, 'AdminCustomButtonArray')
            ? (array) self::call($module, 'AdminCustomButtonArray', Params::forService($serviceId, 'AdminCustomButtonArray'))
            : [];
    }

    /** Calls <module>_<function> with one array, whatever it returns. */
    public static function call(string $module, string $function, array $params)
    {
        if (!self::has($module, $function)) {
            return 'Function Not Supported by Module';
        }
        return call_user_func("{$module}_$function", $params);
    }

    public static function moduleOf(int $serviceId): string
    {
        $product = Capsule::table('tblhosting')->where('id', $serviceId)->value('packageid');
        return (string) Capsule::table('tblproducts')->where('id', (int) $product)->value('servertype');
    }

    /**
     * Runs a core command or a custom function on a service. ChangePassword gets the new password as the present one, which
     * is stored only after success.
     *
     * @return string 'success' or the module's error text
     */
    public static function command(int $serviceId, string $function, bool $automated = false, string $newPassword = ''): string
    {
        $module = self::moduleOf($serviceId);
        if ($module === '') {
            return 'Service not assigned to a module';
        }
        [$word, $status] = self::COMMANDS[$function] ?? ['Custom', ''];
        if ($function === 'CreateAccount') {
            Orders::completeLogin($serviceId);
        }
        $params = Params::forService($serviceId, $function);
        $params = $newPassword === '' ? $params : ['password' => $newPassword] + $params;
        foreach (Hooks::run("PreModule$word", ['params' => $params]) as $override) {
            if (!empty($override['abortcmd'])) {
                return 'Action Aborted by Hook';
            }
            $params = (array) $override + $params;
        }
        $result = self::call($module, $function, $params);
        if ($result === 'success') {
            self::succeeded($serviceId, $word, $status, $params);
            return 'success';
        }
        return self::failed($serviceId, $module, $function, $word, is_string($result) ? $result : 'Unknown Error', $params, $automated);
    }

    private static function succeeded(int $serviceId, string $word, string $status, array $params): void
    {
        if ($status !== '') {
            Capsule::table('tblhosting')->where('id', $serviceId)->update(['domainstatus' => $status]);
        }
        Log::activity("Module $word Successful - Service ID: $serviceId", self::clientOf($serviceId));
        if ($word === 'ChangePassword') {
            self::storePassword($serviceId, (string) ($params['password'] ?? ''));
            return;
        }
        if ($word === 'Create') {
            Mail::sendById(self::welcomeMail($serviceId), $serviceId);
        }
        Hooks::run("AfterModule$word", ['params' => $params]);
    }

    private static function storePassword(int $serviceId, string $new): void
    {
        $old = Cipher::decrypt((string) Capsule::table('tblhosting')->where('id', $serviceId)->value('password'));
        Capsule::table('tblhosting')->where('id', $serviceId)->update(['password' => Cipher::encrypt($new)]);
        Hooks::run('AfterModuleChangePassword', ['serviceid' => $serviceId, 'oldpassword' => $old, 'newpassword' => $new]);
    }

    private static function failed(
        int $serviceId,
        string $module,
        string $function,
        string $word,
        string $error,
        array $params,
        bool $automated
    ): string {
        Log::activity("Module $word Failed - Service ID: $serviceId - Error: $error", self::clientOf($serviceId));
        if ($automated) {
            Queue::add($serviceId, $module, $function, $error);
        }
        Hooks::run("AfterModule{$word}Failed", ['params' => $params, 'failureResponseMessage' => $error]);
        return $error;
    }

    private static function clientOf(int $serviceId): int
    {
        return (int) Capsule::table('tblhosting')->where('id', $serviceId)->value('userid');
    }

    private static function welcomeMail(int $serviceId): int
    {
        $product = Capsule::table('tblhosting')->where('id', $serviceId)->value('packageid');
        return (int) Capsule::table('tblproducts')->where('id', (int) $product)->value('welcomeemail');
    }
}
