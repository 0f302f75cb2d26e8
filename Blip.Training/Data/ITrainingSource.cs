namespace Blip.Training.Data;

/// <summary>A source of samples. Each part is read from beginning to end and gives the same samples at each reading.</summary>
internal interface ITrainingSource
{
    IReadOnlyList<string> Parts { get; }

    /// <summary>The samples of a part, in the order of the file.</summary>
    IAsyncEnumerable<TrainingSample> ReadAsync(int part, CancellationToken cancellationToken);
}
