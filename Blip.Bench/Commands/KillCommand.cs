using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Kills;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

internal sealed class KillCommand : Command
{
    private static readonly (string Name, Func<string, KillCase> Make)[] Cases =
    [
        ("caption", folder => new CaptionKills(folder)),
        ("eval", folder => new EvaluationKills(folder)),
        ("index", folder => new IndexKills(folder)),
        ("bootstrap", folder => new BootstrapKills(folder)),
        ("train", folder => new TrainingKills(folder)),
        ("cache", folder => new CacheKills(folder)),
    ];

    private const int BetweenNotes = 20;

    private readonly TextWriter output;
    private readonly Option<string[]> commands = new("--command")
    {
        Description = $"The commands to kill: {string.Join(", ", Cases.Select(each => each.Name))}. [default: all of them]",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> times = new("--times") { Description = "Kills of each.", HelpName = "n", DefaultValueFactory = _ => 200 };
    private readonly Option<int> seed = new("--seed")
    {
        Description = "What the moments follow from.",
        HelpName = "n",
        DefaultValueFactory = _ => 1,
    };

    public KillCommand(TextWriter output)
        : base("kill", "Kills each command that writes at random times; after each kill nothing that was finished may be lost, and the "
            + "next run goes on.")
    {
        this.output = output;
        times.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError($"{times.Name} is {result.GetValueOrDefault<int>()}; it must be at least 1.");
        });
        commands.AcceptOnlyFromAmong([.. Cases.Select(each => each.Name)]);
        foreach (var option in (Option[])[commands, times, seed])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var wanted = parsed.GetValue(commands) is { Length: > 0 } named ? named : [.. Cases.Select(each => each.Name)];
        var lost = 0;
        foreach (var (name, make) in Cases.Where(each => wanted.Contains(each.Name)))
        {
            var folder = Directory.CreateTempSubdirectory("blip-kill-").FullName;
            try
            {
                lost += Kill(make(folder), parsed.GetValue(times), new Random(parsed.GetValue(seed)));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        return lost == 0 ? 0 : 1;
    }

    // A whole run is timed first; kills come at any moment of it.
    private int Kill(KillCase one, int wanted, Random random)
    {
        foreach (var line in one.Preparations)
            Start(line, null);
        var watch = Stopwatch.StartNew();
        Start(one.Arguments, null);
        var whole = watch.Elapsed;
        one.Check(ended: true);
        one.Reset();
        var (kills, ends, lost, met) = (0, 0, 0, 0);
        while (kills < wanted)
        {
            var ended = Start(one.Arguments, whole * random.NextDouble());
            (kills, ends) = ended ? (kills, ends + 1) : (kills + 1, ends);
            if (!ended && kills % BetweenNotes == 0)
                Console.Error.WriteLine($"{one.Name}: {kills} of {wanted} kills, {lost} losses");
            try
            {
                met += one.Check(ended) > 0 && !ended ? 1 : 0;
                if (ended)
                    one.Reset();
            }
            catch (Exception e) when (e is LossException or Blip.Runtime.Retrieval.IndexException or Blip.Evaluation.AnnotationException)
            {
                lost++;
                output.WriteLine($"{one.Name}, kill {kills}: {e.Message}");
                one.Reset();
            }
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Name}: {kills} kills within {whole.TotalSeconds:0.0} s, {met} of them with something finished, {ends} runs came to "
                + $"their end, {lost} losses"));
        return lost;
    }

    // True if the run ended before the kill.
    private static bool Start(IReadOnlyList<string> arguments, TimeSpan? until)
    {
        using var child = Process.Start(new ProcessStartInfo(ColdStart.Program("kills"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (words, error) = (child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync());
        if (until is { } time && !child.WaitForExit(time))
        {
            child.Kill();
            child.WaitForExit();
            return false;
        }
        child.WaitForExit();
        _ = words.Result;
        return child.ExitCode == 0
            ? true
            : throw new InvalidDataException(
                $"'blip {string.Join(' ', arguments)}' ended with status {child.ExitCode}: {error.Result.Trim()}");
    }
}
