using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Training.Saving;

namespace Blip.Bench.Kills;

/// <summary><c>train caption --resume</c>: the state is whole, and no saved step is lost.</summary>
internal sealed class TrainingKills(string folder) : KillCase(folder)
{
    private const int Steps = 12;

    private int saved;

    /// <inheritdoc/>
    public override string Name => "train";

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Preparations =>
        [["bootstrap", "demo", At("web"), "--images", "48", "--shard-size", "48"]];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments =>
    [
        "train", "caption", At("web"), "--output", At("tuned"), "--epochs", "1", "--batch-size", "4", "--save-steps", "1", "--device",
            "cpu",
        .. Directory.Exists(At("tuned")) ? (string[])["--resume"] : [],
    ];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        var path = At(Path.Combine("tuned", TrainingState.FileName));
        var step = 0;
        if (File.Exists(path))
        {
            using var state = new SafetensorsFile(path);
            if (state.Metadata.TryGetValue("place", out var place))
                step = JsonDocument.Parse(place).RootElement.GetProperty("Step").GetInt32();
        }
        if (step < saved)
            throw new LossException($"step {saved} was saved, and the state is that of step {step}");
        saved = step;
        if (ended && step != Steps)
            throw new LossException($"the run has ended with step {step} of {Steps}");
        return step;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        saved = 0;
        Directory.Delete(At("tuned"), recursive: true);
    }
}
