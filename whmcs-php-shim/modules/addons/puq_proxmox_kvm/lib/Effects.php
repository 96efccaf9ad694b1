<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** A request that is understood and refused. */
final class EffectRefused extends \RuntimeException
{
    public $status;
    public $reason;

    public function __construct(int $status, string $reason, string $message)
    {
        parent::__construct($message);
        $this->status = $status;
        $this->reason = $reason;
    }
}

/**
 * What the service may have WHMCS do. The table is the whole of it: effect => argument => type, "?" = may be missing.
 */
final class Effects
{
    private const ARGUMENTS = [
        'Ping' => [],
        'SendEmail' => ['template' => 'string', 'service_id' => 'int', 'vars' => '?map'],
        'LogActivity' => ['description' => 'string', 'client_id' => '?int'],
        'ModuleLog' => ['module' => 'string', 'action' => 'string', 'request' => 'string', 'response' => 'string',
            'processed' => '?string', 'mask' => '?list'],
        'Decrypt' => ['values' => 'list'],
        'Encrypt' => ['values' => 'list'],
        'UpdateClientProduct' => ['service_id' => 'int', 'username' => '?string', 'password' => '?string', 'domain' => '?string',
            'dedicatedip' => '?string', 'assignedips' => '?string', 'unset' => '?list'],
    ];
    /** Our names => those of WHMCS's API. */
    private const PRODUCT_FIELDS = ['username' => 'serviceusername', 'password' => 'servicepassword', 'domain' => 'domain',
        'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips'];

    /** @throws EffectRefused */
    public static function apply(array $request): array
    {
        self::refuseUnknown('request', $request, ['id' => 1, 'effect' => 1, 'args' => 1]);
        $effect = $request['effect'];
        if (!isset(self::ARGUMENTS[$effect])) {
            throw new EffectRefused(404, 'unknown_effect', "The effect \"$effect\" does not exist. Install the shim and the service of "
                . 'the same version.');
        }
        self::refuseUnknown($effect, $request['args'], self::ARGUMENTS[$effect]);
        foreach (self::ARGUMENTS[$effect] as $name => $type) {
            self::refuseBad($effect, $name, $type, $request['args'][$name] ?? null);
        }
        return self::{lcfirst($effect)}($request['args']);
    }

    private static function ping(array $args): array
    {
        return ['whmcs_version' => (string) ($GLOBALS['CONFIG']['Version'] ?? ''), 'shim_version' => AddonModule::VERSION];
    }

    private static function sendEmail(array $args): array
    {
        self::api('SendEmail', [
            'messagename' => $args['template'],
            'id' => $args['service_id'],
            'customvars' => base64_encode(serialize($args['vars'] ?? [])),
        ]);
        return [];
    }

    private static function logActivity(array $args): array
    {
        logActivity($args['description'], $args['client_id'] ?? 0);
        return [];
    }

    private static function moduleLog(array $args): array
    {
        $mask = array_map('strval', $args['mask'] ?? []);
        Funnel::log($args['module'], $args['action'], $args['request'], $args['response'], $args['processed'] ?? '', $mask);
        return [];
    }

    private static function decrypt(array $args): array
    {
        return ['values' => array_map(static function ($cipher): string {
            $plain = $cipher === '' ? '' : (string) decrypt((string) $cipher);
            if (preg_match('//u', $plain) !== 1) {
                throw new EffectRefused(422, 'not_decryptable', 'A value was not encrypted by this WHMCS. Enter the password again '
                    . 'where it belongs (server or service) and save.');
            }
            return $plain;
        }, $args['values'])];
    }

    private static function encrypt(array $args): array
    {
        return ['values' => array_map(static function ($plain): string {
            return encrypt((string) $plain);
        }, $args['values'])];
    }

    private static function updateClientProduct(array $args): array
    {
        $values = ['serviceid' => $args['service_id']];
        foreach (self::PRODUCT_FIELDS as $name => $api) {
            if (isset($args[$name])) {
                $values[$api] = $args[$name];
            }
        }
        self::refuseUnknown('unset', array_flip($args['unset'] ?? []), self::PRODUCT_FIELDS);
        $unset = array_values(array_intersect_key(self::PRODUCT_FIELDS, array_flip($args['unset'] ?? [])));
        self::api('UpdateClientProduct', $values + ($unset ? ['unset' => $unset] : []));
        return [];
    }

    private static function api(string $command, array $values): void
    {
        $admin = Settings::load()->text('api_admin');
        $answer = $admin === '' ? localAPI($command, $values) : localAPI($command, $values, $admin);
        if (($answer['result'] ?? '') !== 'success') {
            throw new EffectRefused(422, 'whmcs_refused', "WHMCS refused $command: " . ($answer['message'] ?? 'no reason given') . '.');
        }
    }

    private static function refuseUnknown(string $where, array $given, array $known): void
    {
        foreach (array_diff_key($given, $known) as $name => $ignored) {
            throw new EffectRefused(400, 'unknown_field', "The field \"$name\" of $where is not known here. Install the shim and the "
                . 'service of the same version.');
        }
    }

    private static function refuseBad(string $effect, string $name, string $type, $value): void
    {
        $is = ['string' => 'is_string', 'int' => 'is_int', 'list' => 'is_array', 'map' => 'is_array'];
        $optional = $type[0] === '?';
        if ($value === null ? !$optional : !$is[ltrim($type, '?')]($value)) {
            throw new EffectRefused(400, 'bad_field', "The field \"$name\" of $effect must be of type " . ltrim($type, '?') . '.');
        }
    }
}
