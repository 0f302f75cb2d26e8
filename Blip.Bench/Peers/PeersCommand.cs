using System.CommandLine;
using Blip.Bench.Commands;
using Blip.Bench.Reporting;
using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

internal sealed class PeersCommand : RootCommand
{
    private const int MostRounds = 1000;

    private readonly TextWriter output;
    private readonly Option<string[]> only = BenchOptions.Words("--only", "The works to measure. [default: all]", [.. PeerWorks.All.Keys]);
    private readonly Option<string[]> precisions = BenchOptions.Words(
        "--precision", "How our weights are kept. [default: those of the work]", [.. Enum.GetValues<Precision>().Select(Agreement.Name)]);
    private readonly Option<string[]> encoder = BenchOptions.Words(
        "--encoder-precision", "How our image encoder's are. [default: as --precision does of itself]",
            [.. Enum.GetValues<Precision>().Select(Agreement.Name)]);
    private readonly Option<int> rounds = new("--rounds")
    {
        Description = "Rounds that count; one that does not goes before.",
        HelpName = "n",
        DefaultValueFactory = _ => Interleaver.Rounds,
    };
    private readonly Option<string> blip = new("--blip")
    {
        Description = "The blip program of cold-start. [default: the one built with this]",
        HelpName = "PROGRAM",
        DefaultValueFactory = _ => BuiltProgram(),
    };
    private readonly Option<bool> brief = BenchOptions.Short($"Only {string.Join(" and ", PeerWorks.Short)}.");
    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public PeersCommand(TextWriter output)
        : base("The same work on libtorch and ONNX Runtime, in turns with ours, after both agree. What the columns mean: "
            + "docs/benchmarks.md")
    {
        this.output = output;
        rounds.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var value) && value is >= 1 and <= MostRounds))
                result.AddError($"--rounds is '{token.Value}'; give 1 to {MostRounds}.");
        });
        blip.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !File.Exists(token.Value))
                result.AddError($"--blip is '{token.Value}', and there is no such file; give the blip program that is to start.");
        });
        foreach (var option in (Option[])[only, precisions, encoder, rounds, brief, blip, json, save])
            Add(option);
        Add(new TrainPeersCommand(output));
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var wanted = parsed.GetValue(only) is { Length: > 0 } words ? words : parsed.GetValue(brief) ? PeerWorks.Short : PeerWorks.All.Keys;
        var options = new PeerOptions(
            [.. (parsed.GetValue(precisions) ?? []).Select(name => Enum.Parse<Precision>(name, ignoreCase: true))],
            parsed.GetValue(encoder) is [.., var kept] ? Enum.Parse<Precision>(kept, ignoreCase: true) : null,
            parsed.GetRequiredValue(rounds),
            Path.GetFullPath(parsed.GetRequiredValue(blip)));
        Artifacts.Check(parsed.GetValue(save));

        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        using (var session = new PeerSession(options))
        {
            foreach (var (name, work) in PeerWorks.All.Where(work => wanted.Contains(work.Key)))
            {
                output.WriteLine(name);
                try
                {
                    foreach (var record in work(session))
                        run.Add(record);
                }
                catch (InvalidDataException e)
                {
                    run.Add(new BenchRecord { Work = name, Device = "cpu", Failure = e.Message });
                }
            }
        }
        return run.Finish(parsed.GetValue(save), "peers");
    }

    // Blip.Bench/Peers/bin/Release/net10.0 and Blip.Cli/bin/Release/net10.0.
    private static string BuiltProgram()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.FullName, "..", "..", "..", "..", "..", "Blip.Cli", "bin", here.Parent!.Name, here.Name,
            OperatingSystem.IsWindows() ? "blip.exe" : "blip");
    }
}
