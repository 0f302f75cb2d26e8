using System.Diagnostics;
using Blip.Bench.Reporting;

namespace Blip.Bench.Peers;

/// <summary>
/// <c>blip caption</c> from process start to end, with the model's file in the disk cache, against a caption of libtorch's warm, loaded
/// model.
/// </summary>
internal static class ColdStart
{
    private const string Work = "cold-start";

    /// <summary>Measures the program of <c>--blip</c>, or the one built beside this.</summary>
    /// <exception cref="InvalidDataException">It failed, or its second answer differs.</exception>
    public static IEnumerable<BenchRecord> Run(PeerSession session)
    {
        session.Ready(session.Torch);
        var image = Path.Combine(AppContext.BaseDirectory, "image.png");
        string[] arguments =
        [
            "caption", image, "--model", session.Source.Folder!, "--device", "cpu", "--format", "json",
            "--min-new-tokens", $"{PeerWorks.Tokens}", "--max-new-tokens", $"{PeerWorks.Tokens}",
        ];
        var programs = new List<(string Work, string[] Arguments)> { (Work, arguments) };
        if (Start(session, ["caption", "--help"]).Contains("--cache", StringComparison.Ordinal))
            programs.Add(($"{Work}-cache", [.. arguments, "--cache"]));

        var captions = programs.Select(program => Start(session, program.Arguments)).ToList();
        if (captions.Distinct().Count() != 1)
            throw new InvalidDataException($"{Work}: with --cache the answer is another: {string.Join(" ", captions)}");
        Console.WriteLine($"  {session.Options.Blip}: {captions[0].Trim()}");

        var samples = Interleaver.Run(
            [
                .. programs.Select(program => new Contender("blip", () => Check(captions[0], Start(session, program.Arguments)))),
                new Contender(session.Torch.Name, () => session.Torch.Caption(PeerWorks.Tokens)) { Rest = session.Torch.Rest },
            ],
            session.Options.Rounds);
        return [.. programs.Zip(samples,
            (program, sample) => BenchRecord.Of(program.Work, "cpu", "fp32", sample, samples[^1], Targets.Of(program.Work, "fp32")))];
    }

    private static void Check(string expected, string actual)
    {
        if (expected != actual)
            throw new InvalidDataException($"{Work}: '{actual}', and before that '{expected}'.");
    }

    private static string Start(PeerSession session, string[] arguments)
    {
        using var child = Process.Start(new ProcessStartInfo(session.Options.Blip, arguments) { RedirectStandardOutput = true })!;
        var text = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0
            ? text
            : throw new InvalidDataException(
                $"{Work}: {session.Options.Blip} {string.Join(' ', arguments)} ended with status {child.ExitCode}.");
    }
}
