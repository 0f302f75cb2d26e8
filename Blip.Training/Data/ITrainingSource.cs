namespace Blip.Training.Data;

/// <summary>
/// Where samples come from. A data set has parts, each read from its beginning to its end, and the same samples at each reading.
/// </summary>
internal interface ITrainingSource
{
    /// <summary>The names of the parts, in order.</summary>
    IReadOnlyList<string> Parts { get; }

    /// <summary>The samples of a part, in the order of the file.</summary>
    /// <param name="part">Its number, from 0.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<TrainingSample> ReadAsync(int part, CancellationToken cancellationToken);
}
