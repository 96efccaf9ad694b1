<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What each entry point of the server module answers. Nothing leaves as an exception: WHMCS would show a broken page. */
final class ServerModule
{
    public const NAME = 'puqProxmoxKVM';

    /** @return array what meta.json, options.json or buttons.json says; the last has * for "may run while the machine runs", ** for "needs it stopped", -> for a step of the order */
    public static function table(string $name): array { return json_decode((string) file_get_contents(__DIR__ . "/$name.json"), true); }

    /** One field at position 1, for good: WHMCS binds values to positions. */
    public static function configOptions(array $params): array
    {
        $options = self::table('options');
        $notes = &$options['settings']['Description'];
        $options['settings']['Default'] = (string) file_get_contents(__DIR__ . '/settings.json');
        // Only the product editor shows the notes, and which product it draws stands in the request alone; elsewhere the service is not asked.
        $id = $params['pid'] ?? $_REQUEST['id'] ?? 0;
        $drawing = basename($_SERVER['SCRIPT_NAME'] ?? '') === 'configproducts.php' && ($_REQUEST['action'] ?? '') !== 'save';
        if ($drawing && is_numeric($id) && (int) $id > 0) {
            $answer = self::ask('ConfigOptions', ['pid' => $id] + $params, ['product_id' => (int) $id]);
            $notes = (Funnel::text($answer, 'description') ?: $notes) . Fault::html($answer['message']);
        }
        return $options;
    }

    /** @return string 'success', or the sentence that WHMCS shows and keeps in its module queue */
    public static function command(string $function, array $params, array $args = []): string
    {
        $answer = self::ask($function, $params, $args);
        if ($function === 'ChangePassword' && defined('CLIENTAREA') && !in_array($answer['reason'], ['', 'refused'], true)) {
            return (new Fault('no_password'))->getMessage(); // this one is shown to the client
        }
        return $answer['reason'] === '' ? 'success' : $answer['message'];
    }

    public static function button(string $name, array $params): string { return self::command('Command', $params, ['name' => $name]); }

    /** The page's only field of ours is empty unless an existing machine is to be set; WHMCS shows no error here. */
    public static function saveTabFields(array $params): void
    {
        $id = $_POST['modulefields']['vm_id'] ?? '';
        is_string($id) && ctype_digit($id) && self::command('Command', $params, ['name' => 'SetVMID', 'vm_id' => (int) $id]);
    }

    public static function testConnection(array $params): array
    {
        $answer = self::ask('TestConnection', $params);
        return ['success' => $answer['reason'] === '', 'error' => $answer['message']];
    }

    /** @return array<string,string> label => HTML */
    public static function tabFields(array $params): array
    {
        $answer = self::ask('AdminServicesTabFields', $params);
        $fields = array_filter((array) ($answer['data']['fields'] ?? []), 'is_string');
        return $answer['reason'] === '' ? $fields : ['kvmbridge' => Fault::html($answer['message'])];
    }

    /** Clients read what happened, and nothing about the inside. Forms of WHMCS itself, which lack our key, are not for the service. */
    public static function clientArea(array $params): string
    {
        $answer = Visit::answer(basename($_SERVER['SCRIPT_NAME'] ?? ''), isset($_GET['kb']), static fn (array $args, array $secrets): array
            => self::ask('ClientArea', $params, $args, $secrets));
        return Funnel::text($answer, 'html') ?: (string) file_get_contents(__DIR__ . '/unavailable.html');
    }

    public static function deliverOutbox(): void
    {
        $reason = Funnel::ask(self::NAME, '/v1/outbox/deliver', Payload::base())['reason'];
        try {
            $reason === 'not_paired' || Watch::note(in_array($reason, ['', 'refused'], true), time());
        } catch (\Throwable $error) { // the database is away, of which WHMCS's cron tells
        }
    }

    public static function ask(string $function, array $params, array $args = [], array $secrets = []): array
    {
        return Funnel::ask(self::NAME, '/v1/module/' . $function, Payload::forModule($params, $args), $secrets);
    }
}
