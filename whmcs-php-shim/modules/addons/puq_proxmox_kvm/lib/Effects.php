<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What the service may have WHMCS do. The whole of it is in effects.json: effect => argument => a value of the same type. */
final class Effects
{
    /** @throws Fault */
    public static function apply(string $body): array
    {
        $request = json_decode($body, true, 32);
        if (!is_array($request) || !is_string($request['effect'] ?? null) || !is_array($request['args'] ?? null)) {
            throw new Fault('bad_json');
        }
        self::check('the request', $request, ['id' => '', 'effect' => '', 'args' => []]);
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
            'Ping' => static fn (): array => ['whmcs_version' => (string) ($GLOBALS['CONFIG']['Version'] ?? ''), 'shim_version' => AddonModule::config()['version']],
            'SendEmail' => static fn (array $args) => self::api('SendEmail', ['customvars' => base64_encode(serialize($args['customvars']))] + $args),
            'LogActivity' => static fn (array $args) => logActivity($args['description'], $args['client_id']),
            'ModuleLog' => static fn (array $args) => Funnel::log($args['module'], $args['action'], $args['request'], $args['response'], '', []),
            'Decrypt' => static fn (array $args): array => ['values' => array_map([self::class, 'plain'], $args['values'], array_keys($args['values']))],
            'UpdateClientProduct' => static fn (array $args) => self::api('UpdateClientProduct', $args),
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

    private static function api(string $command, array $values): void
    {
        $admin = Settings::load()->text('api_admin');
        $answer = localAPI($command, $values, ...($admin === '' ? [] : [$admin]));
        if (($answer['result'] ?? '') !== 'success') {
            throw new Fault('whmcs_refused', $command, $answer['message'] ?? 'no reason given');
        }
    }

    private static function check(string $where, array $given, array $like): void
    {
        foreach (array_diff_key($given, $like) as $name => $ignored) {
            throw new Fault('unknown_field', (string) $name, $where);
        }
        foreach ($like as $name => $value) {
            if (gettype($given[$name] ?? null) !== gettype($value)) {
                throw new Fault('bad_field', $name, $where, gettype($value));
            }
        }
    }
}
