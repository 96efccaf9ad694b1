<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What the service may have WHMCS do. The whole of it is in effects.json: effect => argument => type, "?" = may be missing. */
final class Effects
{
    private const REQUEST = ['id' => 'string', 'effect' => 'string', 'args' => 'object'];
    /** Our names => those of WHMCS's API. */
    private const PRODUCT_FIELDS = ['username' => 'serviceusername', 'password' => 'servicepassword', 'domain' => 'domain',
        'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips'];

    /** @throws Fault */
    public static function apply(string $body): array
    {
        $request = json_decode($body, true, 32);
        if (!is_array($request) || !is_string($request['effect'] ?? null) || !is_array($request['args'] ?? null)) {
            throw new Fault('bad_json');
        }
        self::check('the request', $request, self::REQUEST);
        [$effect, $args] = [$request['effect'], $request['args']];
        $known = json_decode((string) file_get_contents(__DIR__ . '/effects.json'), true);
        if (!isset($known[$effect])) {
            throw new Fault('unknown_effect', $effect);
        }
        self::check($effect, $args, $known[$effect]);
        $data = self::does()[$effect]($args);
        return is_array($data) ? $data : [];
    }

    /** @return array<string,callable> effect => what it does; an array that comes of it is the data of the answer */
    private static function does(): array
    {
        return [
            'Ping' => static fn (): array => ['whmcs_version' => (string) ($GLOBALS['CONFIG']['Version'] ?? ''), 'shim_version' => AddonModule::VERSION],
            'SendEmail' => static fn (array $args) => self::api('SendEmail', ['messagename' => $args['template'], 'id' => $args['service_id'],
                'customvars' => base64_encode(serialize($args['vars'] ?? []))]),
            'LogActivity' => static fn (array $args) => logActivity($args['description'], $args['client_id'] ?? 0),
            'ModuleLog' => static fn (array $args) => Funnel::log($args['module'], $args['action'], $args['request'], $args['response'],
                $args['processed'] ?? '', $args['mask'] ?? []),
            'Decrypt' => static fn (array $args): array => ['values' => array_map([self::class, 'plain'], $args['values'], array_keys($args['values']))],
            'Encrypt' => static fn (array $args): array => ['values' => array_map('encrypt', $args['values'])],
            'UpdateClientProduct' => [self::class, 'updateClientProduct'],
        ];
    }

    private static function plain(string $cipher, int $n): string
    {
        $plain = $cipher === '' ? '' : (string) decrypt($cipher);
        if (!preg_match('//u', $plain)) { // WHMCS gives garbage, not an error
            throw new Fault('not_decryptable', $n + 1);
        }
        return $plain;
    }

    /** WHMCS ignores empty values; blanking a field needs "unset". */
    private static function updateClientProduct(array $args): void
    {
        $unset = array_flip($args['unset'] ?? []);
        self::check('unset', array_fill_keys(array_keys($unset), ''), array_fill_keys(array_keys(self::PRODUCT_FIELDS), '?string'));
        $values = ['serviceid' => $args['service_id'], 'unset' => array_values(array_intersect_key(self::PRODUCT_FIELDS, $unset))];
        foreach (array_intersect_key(self::PRODUCT_FIELDS, $args) as $name => $field) {
            $values[$field] = $args[$name];
        }
        self::api('UpdateClientProduct', array_filter($values));
    }

    private static function api(string $command, array $values): void
    {
        $admin = Settings::load()->text('api_admin');
        $answer = localAPI($command, $values, ...($admin === '' ? [] : [$admin]));
        if (($answer['result'] ?? '') !== 'success') {
            throw new Fault('whmcs_refused', $command, $answer['message'] ?? 'no reason given');
        }
    }

    private static function check(string $where, array $given, array $types): void
    {
        foreach (array_diff_key($given, $types) as $name => $ignored) {
            throw new Fault('unknown_field', (string) $name, $where);
        }
        $is = ['string' => 'is_string', 'int' => 'is_int', 'object' => 'is_array',
            'strings' => static fn ($list): bool => is_array($list) && array_filter($list, 'is_string') === $list];
        foreach ($types as $name => $type) {
            $type = ltrim($optional = $type, '?');
            if (isset($given[$name]) ? !$is[$type]($given[$name]) : $type === $optional) {
                throw new Fault('bad_field', $name, $where, $type);
            }
        }
    }
}
