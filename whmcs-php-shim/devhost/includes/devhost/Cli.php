<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** The command line that tests and the demo drive devhost with: one JSON document on standard output per command. */
final class Cli
{
    private const ADDON = 'puq_proxmox_kvm';
    /** Command => [method, least number of arguments, usage]. */
    private const COMMANDS = [
        'schema' => ['schema', 1, 'schema FILE.sql…                 load SQL files into the database'],
        'seed' => ['seed', 0, 'seed [--NAME VALUE]…             demo data; names: system-url server-host server-port server-username '
            . 'server-password server-secure server-ip legacy-ips settings templates autosetup'],
        'set-config' => ['setConfig', 2, 'set-config NAME VALUE            a global setting'],
        'activate-addon' => ['activateAddon', 0, 'activate-addon                   activate the addon and give role 1 access'],
        'deactivate-addon' => ['deactivateAddon', 0, 'deactivate-addon'],
        'set-addon' => ['setAddon', 2, 'set-addon NAME VALUE             a setting of the addon'],
        'order' => ['order', 0, 'order --product N [--client N] [--domain NAME] [--option "RAM=4"]…'],
        'upgrade' => ['upgrade', 1, 'upgrade SERVICE [--product N] [--option "RAM=4"]…   what is not named stays as it is'],
        'call' => ['call', 2, 'call FUNCTION SERVICE [PASSWORD] a function of the server module on a service; PASSWORD is the new '
            . 'one of ChangePassword'],
        'output' => ['output', 0, 'output [PAGE]                    the page of the addon'],
        'test-connection' => ['testConnection', 1, 'test-connection SERVER'],
        'cron' => ['cron', 0, 'cron [daily]                     one run of the cron'],
        'encrypt' => ['encrypt', 1, 'encrypt TEXT'],
        'decrypt' => ['decrypt', 1, 'decrypt TEXT'],
    ];

    /** @param string[] $argv */
    public static function run(array $argv): int
    {
        [$method, $least, $usage] = self::COMMANDS[$argv[1] ?? ''] ?? ['', 0, ''];
        if ($method === '' || count($argv) - 2 < $least) {
            $lines = $usage === '' ? array_column(self::COMMANDS, 2) : [$usage];
            fwrite(STDERR, 'usage: php bin/devhost.php COMMAND' . "\n  " . implode("\n  ", $lines) . "\n");
            return 2;
        }
        try {
            $answer = self::$method(array_slice($argv, 2));
        } catch (\Throwable $error) {
            fwrite(STDERR, "devhost $argv[1]: {$error->getMessage()}\n");
            return 1;
        }
        echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
        return 0;
    }

    private static function schema(array $files): array
    {
        $count = 0;
        foreach ($files as $file) {
            $text = (string) preg_replace('/--[^\n]*/', '', (string) file_get_contents($file));
            foreach (array_filter(array_map('trim', explode(';', $text))) as $statement) {
                Database::pdo()->exec($statement);
                $count++;
            }
        }
        return ['statements' => $count];
    }

    private static function seed(array $arguments): array
    {
        return Seed::run(array_map(static function (array $values): string {
            return end($values);
        }, self::named($arguments)));
    }

    private static function setConfig(array $arguments): array
    {
        Config::set($arguments[0], $arguments[1]);
        return ['result' => 'success'];
    }

    private static function activateAddon(): array
    {
        $result = Addons::activate(self::ADDON);
        if ($result['status'] !== 'error') {
            Addons::set(self::ADDON, 'access', '1');
        }
        return $result;
    }

    private static function deactivateAddon(): array
    {
        return Addons::deactivate(self::ADDON);
    }

    private static function setAddon(array $arguments): array
    {
        Addons::set(self::ADDON, $arguments[0], $arguments[1]);
        return ['result' => 'success'];
    }

    private static function order(array $arguments): array
    {
        $named = self::named($arguments);
        $product = (int) ($named['product'][0] ?? Capsule::table('tblproducts')->value('id'));
        $client = (int) ($named['client'][0] ?? Capsule::table('tblclients')->value('id'));
        $order = Orders::place($client, $product, self::choices($product, $named['option'] ?? []), $named['domain'][0] ?? '');
        return $order + ['result' => Orders::setUp($order['service_id'], 'order')];
    }

    private static function upgrade(array $arguments): array
    {
        $service = (int) array_shift($arguments);
        $named = self::named($arguments);
        $present = (int) Capsule::table('tblhosting')->where('id', $service)->value('packageid');
        $product = (int) ($named['product'][0] ?? $present);
        return ['result' => Upgrades::complete($service, $product, self::choices($product, $named['option'] ?? []))];
    }

    /** @param string[] $options "Name=value" */
    private static function choices(int $product, array $options): array
    {
        $choices = [];
        foreach ($options as $wish) {
            [$name, $value] = explode('=', $wish, 2) + [1 => ''];
            $choices += self::choice(Orders::options($product), $name, $value);
        }
        return $choices;
    }

    private static function choice(array $options, string $name, string $value): array
    {
        foreach ($options as $option) {
            if (explode('|', $option->optionname)[0] !== $name) {
                continue;
            }
            if (in_array((int) $option->optiontype, [3, 4], true)) {
                return [$option->id => (int) $value];
            }
            foreach ($option->choices as $choice) {
                if (explode('|', $choice->optionname)[0] === $value) {
                    return [$option->id => (int) $choice->id];
                }
            }
            throw new \InvalidArgumentException("option \"$name\" has no choice \"$value\"");
        }
        throw new \InvalidArgumentException("the product has no option \"$name\"");
    }

    private static function call(array $arguments): array
    {
        [$function, $service] = [$arguments[0], (int) $arguments[1]];
        if (Server::isCommand($function) || in_array($function, Server::buttons($service), true)) {
            return ['result' => Server::command($service, $function, false, $arguments[2] ?? '')];
        }
        return ['result' => Server::call(Server::moduleOf($service), $function, Params::forService($service, $function))];
    }

    private static function output(array $arguments): array
    {
        $_GET['page'] = $arguments[0] ?? 'home';
        return ['html' => Addons::output(self::ADDON)];
    }

    private static function testConnection(array $arguments): array
    {
        $server = Capsule::table('tblservers')->where('id', (int) $arguments[0])->first();
        if ($server === null) {
            throw new \InvalidArgumentException("there is no server $arguments[0]");
        }
        return ['result' => Server::call($server->type, 'TestConnection', Params::forServer($server))];
    }

    private static function cron(array $arguments): array
    {
        return ['lines' => Cron::run(($arguments[0] ?? '') === 'daily')];
    }

    private static function encrypt(array $arguments): array
    {
        return ['value' => Cipher::encrypt($arguments[0])];
    }

    private static function decrypt(array $arguments): array
    {
        return ['value' => Cipher::decrypt($arguments[0])];
    }

    /** "--name value" and "--name=value" as name => values. */
    private static function named(array $arguments): array
    {
        $named = [];
        while ($arguments !== []) {
            $argument = array_shift($arguments);
            if (strpos($argument, '--') !== 0) {
                throw new \InvalidArgumentException("\"$argument\" was not expected; values follow --name");
            }
            [$name, $value] = explode('=', substr($argument, 2), 2) + [1 => null];
            $named[$name][] = $value ?? (string) array_shift($arguments);
        }
        return $named;
    }
}
