<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** What clientarea.php shows to one client. */
final class ClientPage
{
    private $client;

    public function __construct(object $client)
    {
        $this->client = $client;
    }

    public function services(): void
    {
        $rows = [];
        foreach (Capsule::table('tblhosting')->where('userid', $this->client->id)->orderBy('id', 'desc')->get() as $service) {
            $name = (string) Capsule::table('tblproducts')->where('id', $service->packageid)->value('name');
            $rows[] = [
                Html::link("clientarea.php?action=productdetails&id=$service->id", $name), Html::e($service->domain),
                Html::e($service->dedicatedip), Html::e($service->nextduedate), Html::e($service->domainstatus),
            ];
        }
        Page::client('My Services', Html::table(['Product', 'Host name', 'Address', 'Next due date', 'Status'], $rows));
    }

    public function emails(): void
    {
        $rows = [];
        foreach (Capsule::table('tblemails')->where('userid', $this->client->id)->orderBy('id', 'desc')->limit(50)->get() as $mail) {
            $rows[] = [Html::e($mail->date), Html::e($mail->subject), $mail->message];
        }
        Page::client('My Emails', Html::table(['Date', 'Subject', 'Message'], $rows));
    }

    /** Somebody else's service is as unknown as one that does not exist. */
    public function product(int $id): void
    {
        $service = Capsule::table('tblhosting')->where('id', $id)->where('userid', $this->client->id)->first();
        if ($service === null) {
            Page::stop(404, 'Oops!', 'The product could not be found.');
        }
        $alert = isset($_GET['ordered']) ? Html::alert('success', 'Thank you for your order.') : '';
        $alert .= isset($_GET['upgraded']) ? Html::alert('success', 'Your upgrade order has been completed.') : '';
        if (isset($_POST['modulechangepassword']) && Page::isPost()) {
            $alert .= $this->changePassword($service, (string) ($_POST['newpw'] ?? ''), (string) ($_POST['confirmpw'] ?? ''));
        }
        if (($_REQUEST['modop'] ?? '') === 'custom') {
            $alert .= $this->custom($id, (string) ($_REQUEST['a'] ?? ''));
        }
        $product = (string) Capsule::table('tblproducts')->where('id', $service->packageid)->value('name');
        $output = $this->moduleOutput($id);
        Page::client($product, "$alert<div class=\"panel\"><div class=\"panel-heading\">Overview</div><div class=\"panel-body\">"
            . $this->overview($service) . $this->actions($service) . '</div></div><div class="panel"><div class="panel-heading">Manage</div><div class="panel-body">'
            . "<div class=\"text-center module-client-area\">$output</div></div></div>");
    }

    /** The form and the links that WHMCS shows for active products only. */
    private function actions(object $service): string
    {
        if ($service->domainstatus !== 'Active') {
            return '';
        }
        $html = Html::link("upgrade.php?type=package&id=$service->id", 'Upgrade/Downgrade') . ' '
            . Html::link("upgrade.php?type=configoptions&id=$service->id", 'Upgrade/Downgrade Options');
        if (!Server::has(Server::moduleOf((int) $service->id), 'ChangePassword')) {
            return $html;
        }
        $fields = Html::fields(['New Password' => Html::input('newpw', '', 'password'), 'Confirm' => Html::input('confirmpw', '', 'password')]);
        return $html . Html::form("clientarea.php?action=productdetails&id=$service->id", ['modulechangepassword' => 'true'],
            $fields . Html::button('Change Password'));
    }

    private function changePassword(object $service, string $new, string $confirmed): string
    {
        if ($service->domainstatus !== 'Active' || $new === '' || $new !== $confirmed) {
            return Html::alert('danger', 'Enter the same new password twice.');
        }
        return Html::outcome(Server::command((int) $service->id, 'ChangePassword', false, $new));
    }

    private function custom(int $id, string $function): string
    {
        $module = Server::moduleOf($id);
        $allowed = [];
        foreach (['ClientAreaCustomButtonArray', 'ClientAreaAllowedFunctions'] as $list) {
            if (Server::has($module, $list)) {
                $functions = (array) Server::call($module, $list, Params::forService($id, $list));
                $allowed = array_merge($allowed, array_values($functions), array_keys($functions));
            }
        }
        return in_array($function, $allowed, true)
            ? Html::outcome(Server::command($id, $function))
            : Html::alert('danger', 'The action is not available.');
    }

    private function overview(object $service): string
    {
        return Html::fields([
            'Status' => Html::e($service->domainstatus),
            'Registration date' => Html::e($service->regdate),
            'Next due date' => Html::e($service->nextduedate),
            'Billing cycle' => Html::e($service->billingcycle),
            'Amount' => Html::e($service->amount),
        ]);
    }

    /** ClientArea runs for every status; a text is the output as it is. */
    private function moduleOutput(int $id): string
    {
        $module = Server::moduleOf($id);
        if (!Server::has($module, 'ClientArea')) {
            return '';
        }
        $output = Server::call($module, 'ClientArea', Params::forService($id, 'ClientArea'));
        return is_string($output) ? $output : Html::alert('info', 'devhost prints only text from ClientArea.');
    }
}
