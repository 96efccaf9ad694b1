<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** What clientsservices.php shows and does for one service. */
final class ServicePage
{
    private const OPERATIONS = ['create' => 'CreateAccount', 'suspend' => 'SuspendAccount', 'unsuspend' => 'UnsuspendAccount',
        'terminate' => 'TerminateAccount', 'changepackage' => 'ChangePackage', 'changepw' => 'ChangePassword'];
    private const COLUMNS = ['domain' => 'Domain', 'username' => 'Username', 'dedicatedip' => 'Dedicated IP', 'assignedips' => 'Assigned IPs',
        'domainstatus' => 'Status'];

    private $service;

    private function __construct(object $service)
    {
        $this->service = $service;
    }

    public static function open(int $id): self
    {
        $service = Capsule::table('tblhosting')->where('id', $id)->first();
        if ($service === null) {
            Page::stop(404, 'Service', "There is no service #$id.");
        }
        return new self($service);
    }

    public function id(): int
    {
        return (int) $this->service->id;
    }

    public function command(string $operation, string $custom): string
    {
        $function = $operation === 'custom' ? $this->allowed($custom) : (self::OPERATIONS[$operation] ?? '');
        $result = $function === '' ? 'Unknown module command' : Server::command($this->id(), $function);
        $this->reload();
        return $result;
    }

    public function save(array $input): string
    {
        $row = array_intersect_key($input, self::COLUMNS);
        if (($input['password'] ?? '') !== '') {
            $row['password'] = Cipher::encrypt((string) $input['password']);
        }
        Capsule::table('tblhosting')->where('id', $this->id())->update($row);
        if (Server::has($this->module(), 'AdminServicesTabFieldsSave')) {
            Server::call($this->module(), 'AdminServicesTabFieldsSave', Params::forService($this->id(), 'AdminServicesTabFieldsSave'));
        }
        $this->reload();
        return 'success';
    }

    public function html(): string
    {
        $client = Capsule::table('tblclients')->where('id', $this->service->userid)->first();
        $product = Capsule::table('tblproducts')->where('id', $this->service->packageid)->value('name');
        $server = Capsule::table('tblservers')->where('id', $this->service->server)->value('name');
        $rows = [
            'Client' => ($client->firstname ?? '') . ' ' . ($client->lastname ?? ''), // entities are stored
            'Product' => Html::e($product),
            'Server' => Html::e($server ?? 'none'),
            'Module Commands' => $this->buttons(),
        ];
        foreach (self::COLUMNS as $column => $label) {
            $value = $this->service->$column;
            $rows[$label] = $column === 'assignedips'
                ? '<textarea class="form-control" name="assignedips" rows="3" form="service">' . Html::e($value) . '</textarea>'
                : str_replace('<input ', '<input form="service" ', Html::input($column, $value));
        }
        $rows['Password'] = str_replace('<input ', '<input form="service" ', Html::input('password', Cipher::decrypt($this->service->password)));
        $save = str_replace('<form ', '<form id="service" ', Html::form($this->url(), [], Html::button('Save Changes', 'primary')));
        return Html::fields($rows + $this->moduleRows()) . "<p>$save</p>" . $this->metrics() . $this->options();
    }

    public function refreshMetrics(): string
    {
        Metrics::refresh($this->service);
        return 'success';
    }

    private function metrics(): string
    {
        $rows = Metrics::rows($this->service);
        return $rows === [] ? '' : '<h2>Metric Statistics</h2>' . Html::table(['Metric', 'Enabled', 'Current Usage', 'Last Update'], $rows)
            . Html::form($this->url(), ['metrics' => 'refresh'], Html::button('Refresh Now'));
    }

    private function moduleRows(): array
    {
        if (!Server::has($this->module(), 'AdminServicesTabFields')) {
            return [];
        }
        $fields = Server::call($this->module(), 'AdminServicesTabFields', Params::forService($this->id(), 'AdminServicesTabFields'));
        return str_replace('<input ', '<input form="service" ', is_array($fields) ? $fields : []); // WHMCS has one form around all
    }

    private function buttons(): string
    {
        $html = '';
        foreach (self::OPERATIONS as $operation => $function) {
            if (Server::has($this->module(), $function)) {
                $label = ucfirst(str_replace(['changepackage', 'changepw'], ['Change Package', 'Change Password'], $operation));
                $html .= Html::form($this->url(), ['modop' => $operation], Html::button($label), 'inline');
            }
        }
        foreach (Server::buttons($this->id()) as $label => $function) {
            $html .= Html::form($this->url(), ['modop' => 'custom', 'ac' => $function], Html::button((string) $label), 'inline');
        }
        return $html;
    }

    private function options(): string
    {
        $rows = [];
        foreach (Params::forService($this->id(), 'View')['configoptions'] ?? [] as $name => $value) {
            $rows[] = [Html::e($name), Html::e($value)];
        }
        return '<h2>Configurable Options</h2>' . Html::table(['Option', 'Value'], $rows);
    }

    private function allowed(string $function): string
    {
        return in_array($function, Server::buttons($this->id()), true) ? $function : '';
    }

    private function module(): string
    {
        return Server::moduleOf($this->id());
    }

    private function url(): string
    {
        return "clientsservices.php?userid={$this->service->userid}&id={$this->id()}";
    }

    private function reload(): void
    {
        $this->service = Capsule::table('tblhosting')->where('id', $this->id())->first();
    }
}
