using System.CommandLine;
using System.Reflection;

namespace Blip.Cli.Commands;

internal sealed class VersionCommand : Command
{
    public VersionCommand(Terminal terminal)
        : base("version", "Shows the program's version.") =>
        SetAction(_ => terminal.Output.WriteLine(
            typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion));
}
