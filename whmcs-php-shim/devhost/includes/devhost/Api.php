<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** localAPI: the commands that the shim, the tests and the pages use. */
final class Api
{
    private const PRODUCT_COLUMNS = ['domain' => 'domain', 'serviceusername' => 'username', 'servicepassword' => 'password',
        'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips', 'status' => 'domainstatus', 'notes' => 'notes',
        'suspendreason' => 'suspendreason', 'ns1' => 'ns1', 'ns2' => 'ns2', 'pid' => 'packageid', 'serverid' => 'server'];

    public static function run(string $command, array $values): array
    {
        $method = 'do' . $command;
        if (!method_exists(self::class, $method)) {
            return self::error("Command Not Found");
        }
        return self::$method($values);
    }

    private static function doSendEmail(array $values): array
    {
        $vars = (string) ($values['customvars'] ?? '');
        $vars = $vars === '' ? [] : unserialize((string) base64_decode($vars), ['allowed_classes' => false]);
        $failure = Mail::send((string) ($values['messagename'] ?? ''), (int) ($values['id'] ?? 0), is_array($vars) ? $vars : []);
        return $failure === '' ? self::success() : self::error($failure);
    }

    private static function doLogActivity(array $values): array
    {
        Log::activity((string) ($values['description'] ?? ''), (int) ($values['clientid'] ?? 0));
        return self::success();
    }

    private static function doEncryptPassword(array $values): array
    {
        return self::success(['password' => Cipher::encrypt((string) ($values['password2'] ?? ''))]);
    }

    private static function doDecryptPassword(array $values): array
    {
        return self::success(['password' => Cipher::decrypt((string) ($values['password2'] ?? ''))]);
    }

    /** Empty values are ignored; a field is blanked through "unset". */
    private static function doUpdateClientProduct(array $values): array
    {
        $id = (int) ($values['serviceid'] ?? 0);
        if (!Capsule::table('tblhosting')->where('id', $id)->exists()) {
            return self::error('Service ID Not Found');
        }
        $row = [];
        foreach (self::PRODUCT_COLUMNS as $name => $column) {
            if (in_array($name, (array) ($values['unset'] ?? []), true)) {
                $row[$column] = '';
            } elseif ((string) ($values[$name] ?? '') !== '') {
                $row[$column] = $name === 'servicepassword' ? Cipher::encrypt((string) $values[$name]) : $values[$name];
            }
        }
        if ($row !== []) {
            Capsule::table('tblhosting')->where('id', $id)->update($row);
        }
        return self::success(['serviceid' => $id]);
    }

    private static function doModuleCreate(array $values): array
    {
        return self::module($values, 'CreateAccount');
    }

    private static function doModuleSuspend(array $values): array
    {
        $reason = (string) ($values['suspendreason'] ?? '');
        Capsule::table('tblhosting')->where('id', (int) ($values['serviceid'] ?? 0))->update(['suspendreason' => $reason]);
        return self::module($values, 'SuspendAccount');
    }

    private static function doModuleUnsuspend(array $values): array
    {
        return self::module($values, 'UnsuspendAccount');
    }

    private static function doModuleTerminate(array $values): array
    {
        return self::module($values, 'TerminateAccount');
    }

    private static function doModuleChangePackage(array $values): array
    {
        return self::module($values, 'ChangePackage');
    }

    private static function doModuleCustom(array $values): array
    {
        return self::module($values, (string) ($values['func_name'] ?? ''));
    }

    private static function doAddOrder(array $values): array
    {
        $client = (int) ($values['clientid'] ?? 0);
        $services = [];
        foreach ((array) ($values['pid'] ?? []) as $n => $product) {
            $options = (string) (((array) ($values['configoptions'] ?? []))[$n] ?? '');
            $options = $options === '' ? [] : unserialize((string) base64_decode($options), ['allowed_classes' => false]);
            $domain = (string) (((array) ($values['domain'] ?? []))[$n] ?? '');
            $order = Orders::place($client, (int) $product, (array) $options, $domain);
            $services[] = $order['service_id'];
        }
        return isset($order)
            ? self::success(['orderid' => $order['order_id'], 'serviceids' => implode(',', $services)])
            : self::error('No items added to cart so order cannot proceed');
    }

    private static function doAcceptOrder(array $values): array
    {
        $id = (int) ($values['orderid'] ?? 0);
        if (!Capsule::table('tblorders')->where('id', $id)->exists()) {
            return self::error('Order ID not found or Status not Pending');
        }
        Capsule::table('tblorders')->where('id', $id)->update(['status' => 'Active']);
        foreach (Capsule::table('tblhosting')->where('orderid', $id)->where('domainstatus', 'Pending')->get() as $service) {
            if (!empty($values['autosetup'])) {
                Server::command((int) $service->id, 'CreateAccount', true);
            }
        }
        return self::success();
    }

    private static function doGetModuleQueue(array $values): array
    {
        $queue = [];
        foreach (Queue::open() as $entry) {
            $queue[] = [
                'id' => $entry->id, 'serviceType' => $entry->service_type, 'serviceId' => $entry->service_id,
                'moduleName' => $entry->module_name, 'moduleAction' => $entry->module_action, 'lastAttempt' => $entry->last_attempt,
                'lastAttemptError' => $entry->last_attempt_error, 'numRetries' => $entry->num_retries, 'completed' => $entry->completed,
            ];
        }
        return self::success(['count' => count($queue), 'queue' => $queue]);
    }

    private static function doGetEmailTemplates(array $values): array
    {
        $query = Capsule::table('tblemailtemplates')->where('language', '');
        $query = empty($values['type']) ? $query : $query->where('type', $values['type']);
        $rows = array_map(static function (object $row): array {
            return ['id' => $row->id, 'name' => $row->name, 'subject' => $row->subject, 'custom' => (bool) $row->custom];
        }, $query->orderBy('name')->get()->all());
        return self::success(['emailtemplates' => ['emailtemplate' => $rows]]);
    }

    private static function doGetConfigurationValue(array $values): array
    {
        $setting = (string) ($values['setting'] ?? '');
        return self::success(['setting' => $setting, 'value' => Config::get($setting)]);
    }

    private static function module(array $values, string $function): array
    {
        $id = (int) ($values['serviceid'] ?? $values['accountid'] ?? 0);
        if (!Capsule::table('tblhosting')->where('id', $id)->exists()) {
            return self::error('Service ID Not Found');
        }
        $result = Server::command($id, $function);
        return $result === 'success' ? self::success() : self::error($result);
    }

    private static function success(array $more = []): array
    {
        return ['result' => 'success'] + $more;
    }

    private static function error(string $message): array
    {
        return ['result' => 'error', 'message' => $message];
    }
}
