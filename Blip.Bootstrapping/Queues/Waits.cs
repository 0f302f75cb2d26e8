namespace Blip.Bootstrapping.Queues;

/// <summary>Arithmetic of waiting, on any clock.</summary>
internal static class Waits
{
    /// <summary>The timestamp of <paramref name="time"/> once <paramref name="delay"/> has passed.</summary>
    public static long Later(TimeProvider time, TimeSpan delay) =>
        time.GetTimestamp() + (long)Math.Min(delay.TotalSeconds * time.TimestampFrequency, long.MaxValue / 4d);

    /// <summary>A delay of less than a timer's unit would spin; one of more than a day is looked at again each day.</summary>
    public static TimeSpan AtLeastOneMillisecond(TimeSpan wait) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, TimeSpan.FromDays(1).TotalMilliseconds));
}
